"""The words that codes are made of: short, common, kind, easy to spell; no two of them differ by one letter alone.

The order matters for nothing once a code is given: a code is looked up by its digest. Taking a word out of the list
changes the codes that are given from then on, never those that were.
"""

from typing import Final

_LIST: Final = """
accordion acorn acrobat active actor admiral agile airport airy albatross alder alert almond alphabet
amber amethyst ample anchor anchovy angle answer anthem applaud apricot aqua arcade archery arctic
armchair arrange arrive artful artist aspen aster astronaut athlete atlas atom attic author autumn avenue
average avocet azalea backpack badge badminton bake balance ball balloon bamboo bandstand banjo banner
bargain barista baritone barley barn barnacle barrel baseball basil basket bassoon battery bazaar beacon
bead beaker beekeeper beetle beetroot begin begonia beige bench bicycle billiards binder birch biscuit
bison blackbird blanket blender blossom blue bluebell bluebird bluff boat boatyard bobbin bonnet bonus
book bookcase bookmark bookshop borrow bottle boulevard bounce bouquet bowl bracelet bracken bramble
breeze brick briefcase bright broccoli bronze broom bubble bucket buckle budget buggy bugle build
bullfinch bumblebee bundle bungalow bush butter buttercup butterfly button buzzard cabbage cabin cactus
cafe calendar calm camel camellia camera campsite canal canary candle canoe canteen canvas canyon caramel
caravan cardboard cardigan careful cargo carnation carpenter carpet carriage carrot carton carve cashew
castle catch cathedral cavern cedar celebrate celery cello census centipede century chaffinch chair chalk
champion change chapter cheddar cheer cheerful cheese cheetah chef chess chestnut chilli chimney chipmunk
chirpy chive choose chorus chuckle cicada cinema cinnamon circle circuit city clam clarinet clasp clear
clever cliff climb clipboard clock cloth cloud clove coast cobalt cobbler cockle cocoa coconut coin collar
collect colony column comb comedy comet comfy compass composer concept condor conductor cone conifer
cooker cookie cool copper coral cork cormorant corner cornflake cosmos cosy cottage cougar count couple
courtyard cowslip coyote crane crater crayon create creek crepe cricket crimson crisp crocus crossing
crown crumble crumpet crystal cube cuckoo cumin cupboard curious curlew curry curtain cushion custard cyan
cycling cyclist cymbal cypress daffodil dahlia dainty daisy damson dance dandelion dapper daring dawn
decade degree deliver delta dentist desert designer desk detail detective diagram dial diary digit dingo
direction discover distance dive diving dolphin domino doodle door doorbell doormat dormouse dough dozen
dragonfly drama draw dream drizzle drum drummer duck dumpling dune dungarees duster duvet eager eagle
early earth earwig easel easy echo eclipse edge edition editor egret elastic elegant element elephant
emerald encore energy engine enjoy enter envelope episode equator eraser essay estuary example exhibit
explore extra fabric fair falafel falcon famous fancy fanfare farm farmyard fast fearless fencing fennel
fern ferret ferry festive fiction figure finch find finish firefly fjord flag flamingo flapjack flask
flavour fleece flicker float florist fluffy flutter focus fold follow football footpath forest formula
fort fossil fountain foxglove fraction frame freesia fresh friendly frost funny future fuzzy gadget galaxy
gallery gallop garage garden garlic gather gazebo gazelle gecko gentle geologist geranium gerbil geyser
giant gifted giggle ginger giraffe glacier glad glasses gleeful glen glide glimmer globe glossy glow
glowworm goggles golden goldfinch golf gong goose gopher gorge gosling graceful grand granite granola
grape grass gravel gravity gravy grebe green grey grocer group grouse guava guess guitar gull habit
haddock half halibut hammock hamster handful handy hangar happy harbour harmonica harmony harp harvest
hawk haze hazelnut headland headline hearty heath hedgehog height helmet helpful heron herring hexagon
hibiscus hike hiking hill hillside hinge hippo hobby hockey holiday holly honest honey hoop hopeful
hopscotch horizon hornbill horse hotel humble hundred hurdle hyacinth ibex ibis iceberg icicle idea iguana
image imagine impala index indigo insect interval invent invite island item ivory jackdaw jacket jade
jaguar jasmine javelin jazz jellyfish jersey jetty jeweller jigsaw jingle jogging joiner journal journey
jovial joyful judo juggle juice jump junction juniper kangaroo karate kayak keen kestrel ketchup kettle
keyboard keynote keyring khaki kiosk kipper kite kiwi koala label lacrosse ladder ladle ladybird lagoon
lampshade lane lantern lapwing larch lark laugh laurel lavender layer leaf league leapfrog learn legend
lemon lemur lend length lentil leopard lesson letter lettuce level librarian library lichen lift light
lightning lilac lily limerick limestone limit limpet linnet lion listen lively lizard llama lobster lodge
logic loom lorry lotus lucky luggage lullaby lunar lupin lychee lynx lyric macaw mackerel magenta magic
magnet magpie mallard mandolin mango manor maple maraca marathon marble margin marigold marker marmot
maroon marsh marten mauve mayfly meadow mechanic medal meerkat mellow melody member memory menu merlin
meteor method middle mighty miller million millipede minnow mint minute mirror mission mistletoe mitten
mixture model modern modest moment mongoose monitor monsoon monument moon moonbeam mosaic moss moth motion
motorway motto mouse move muesli muffin multiple mural museum mushroom music musician napkin narwhal
nature navigator navy neat nebula necklace nectar needle netball news nibble nickel nifty ninety noble
north notebook notepad notice nougat novel nutmeg oasis oatcake oblong ocean ocelot ochre octagon octave
octopus offer okapi olive opal open opera optician option orange orbit orca orchard orchestra orchid order
oregano origami oriole osprey ostrich otter outback outfit outline owner pace package paddle paint palace
palette pancake panda pannier pansy pantomime papaya paper parachute parade paragraph parasol parcel
parsley parsnip partridge passage pasta pastry pattern pavement pavilion payment peacock peanut pearl
pebble pelican pencil pendant penguin peninsula pentagon peony pepper peppy perch perky pesto petal petrel
petunia pheasant photo phrase pianist piano piccolo pickle picnic picture pigeon pilchard pillow pine
pineapple pinecone pingpong pixel pizza plan plate platform platinum playful plaza plenty plot plover
plumber plural pocket podium poem poetry polite pomelo pond popcorn poplar porcupine porridge portion
portrait possum postbox postcard poster potato pottery prairie prawn prefix prepare present pretzel
primrose prism prize product professor profile project promise prompt proud proverb puma pumpkin purple
purpose purse puzzle pyramid quail quality quantity quarry quarter quartz question quick quilt quince
quiver quiz rabbit raccoon radiator radio radish raft railway rainbow raincoat rainfall raisin ranch
ranger rapid raven ravine ravioli reach ready real reason recipe recorder recycle redwing redwood referee
reflex region reindeer relax remark remedy remember result reward rhino rhubarb rice ridge ripple risotto
river riverbank robin robot rock rosemary round rounders route routine rowan rowboat rubber ruby ruler
rumour running runway russet rustic saffron sage sailor salad salmon salsa sand sandpiper sandpit sandwich
sapling sapphire sardine satchel satellite saucepan saucer savanna saxophone scale scallop scamper scarf
scarlet scene scenic schedule scheme science scientist scooter score screen script sculptor sculpture
seahorse section seesaw segment sentence sequence series sesame shape shawl shed shelf sherbet shimmer
shingle shiny shirt shoe shoelace shovel shrimp shrub signal silicon silky silver simple sincere sing
sixty size skate skating sketch skier skiing skilful skill skip skipping skylark sleek slipper slogan
slope smart smile smooth snail sniff snipe snooker snorkel snow snowdrop snowfall snowflake snowman snug
soccer sofa softball software solar solid solve soprano soup source south spanner sparkle sparrow speak
speech speedy sphere spin spinach spiral splash sponge spool sport spotty spring sprout spruce square
squash squid squirrel stable stadium stamp star stardust starfish starling station statue steady stellar
stencil stew stoat stone story stream street stretch stroll strudel studio sturdy sturgeon subway success
sugar suitcase sultana summer summit sunbeam sunflower sunlight sunrise sunset sunshine super supply surf
surface surprise survey sushi swallow swan sweater swift swim swimming swirl sycamore syllable symbol
symphony syrup taco talk tandem tapestry tapir taste teacup team teapot teaspoon telegram telescope tempo
tennis tent terrace texture thank thankful thaw theatre theme theory thermos thimble thirty thistle
thousand thread thrush ticket tide tiger timber tinker tinsel tiny title today toffee token tomato
tomorrow topaz topic torch tortoise total toucan tour towel town tractor trade tradition trail trainer
tramway tranquil transport tray treacle treasure trekking trend triangle triathlon tricycle trifle trio
trolley trophy trot trousers truffle trunk trusty tuba tulip tundra tunnel turbot turmeric turnip turnpike
turquoise turtle twelve twenty twig type umbrella umpire unfold unicycle union unique unit universe unpack
upbeat update upgrade urchin vacuum valiant valley value vanilla variety vase vehicle velvet vermilion
verse vessel viaduct video view village vineyard viola violet violin visit vitamin vivid vocal voice
volume voyage waffle wagon wagtail waiter walking wallaby walnut walrus waltz wander warbler wardrobe
warehouse warthog wash waterfall wave wealth weaver weekend welcome west wetland wharf wheel whirlpool
whisper width wildlife windmill windy winged wink winner wisdom wise witty wombat wooden woodland woolly
workshop world wren yacht yard year yesterday yoga yoghurt zebra zenith zesty zigzag zinc zinnia zippy
zookeeper
"""
CODE_WORDS: Final = tuple(_LIST.split())
