"""Physical and emotional abuse, neglect, domestic abuse, and what staff do to children."""

from typing import Final

from services.triage.rules.lexicon import Entry, Slot

_OWN_NOT: Final = False

ENTRIES: Final = (
    Entry("physical_abuse", Slot.HARM, "Says that somebody hits or hurts them or a child", """
        pour+ .. over|on .. me|him|her|hands|head|legs
        bag|pillow|cloth over .. head|face|mouth
        hang+|holding|dangle+|held|dangled .. out|over .. window|balcony|bridge|stairs
        kneel ... hours|punishment|rice|floor
        strips|strip|stripped me|us|him|her
        as a|our punishment|discipline
        killing|kills|kill+ mum|my
        lick|licks it up|off
        makes|make me|us|him|her kneel|stand|strip|fast
        {person} ?still {violent} my|his|her|our ?little ?baby {body}|brother|sister
        {violent} my|his|her ?baby ?little {body} .. with|so|hard|again|until|till|when
        i|we get|got {violent} if|when|for|by|with
        covered in|with bruises|marks
        have|got|has bruises|marks|burns
        want+ to cut me|her|us
        cut|cutting|circumcised .. down there
        fgm
        broke my|his|her {body}|jaw|tooth
        slap+|hit|hits|smack+|punch+ .. across|round the face|head|ear
        i {hits} .. my|the|him|her|them .. hard|again|face|baby|son|daughter
        makes|make|made|making {victim}|<name> .. eat|lick|drink .. floor|off|up|it
        marks|mark|bruises|bruise .. wrists|wrist|both|legs|thighs
        chuck+|threw|throw+ a|the|his|her .. mug|plate|chair|knife|bottle|cup|phone|remote|pan|shoe|glass .. me|us|her|him|sister|brother|mum
        round|little burns|burn
        put me|him|her|us .. through .. wall|door|window|table
        hit|slapped|kicked|punched|hurts|beats my|our brother|sister|mum|baby|kids
        belt .. then|verse|bible|prayer
        {person} ?still ?always ?just ?only {violent} .. {victim}
        {person} {is} {violent} .. {victim}
        {violent} me|us .. with|round|across|on|in|by|when|if|again|every|last
        get|got|gets|been|being|was ?been {violent} by|off|at|with|for|again|up
        get+|got a|the|his|her {hits}|belt|slipper|cane|hiding|beating|kicking|battering|pasting|slap|smack
        beat+|batter+|beaten .. up
        batter+ .. {victim}
        {person} ?still ?always uses|use|got|gets|takes|took|brings|does .. the|his|her {tool}
        uses|use|with .. the|his|her|a {tool} .. on|when|if
        gets|get|pulls|pulled ?the|a|his knife|belt|bat|lead out
        hit+|hits|does|did ... with .. {tool}
        {tool} comes out
        gets|get|reach+|looks|look for|the|his|her ?for {tool} out|off|if|when
        his|her|the belt
        put+|puts .. hands|hand round|around|on .. neck|throat
        grab+|held|hold+|grabs .. by|round|around .. throat|neck|hair|wrist|wrists|face
        hands|hand round|around my|her|his neck|throat
        cant breathe when he|she
        strangl+ .. {victim}
        pinned|pins|pin+ .. {victim} .. down|wall|against|floor
        push+|threw|throw+|shove+ .. {victim} .. down|into|against|across|off|at .. stairs|wall|door|radiator|floor|room|table
        put|puts|smash+|bang+|slam+ .. head in|into|on|off|through|against
        me|him|her|us through|into the|a wall
        throw+|threw|chuck+|chucked|lobbed .. at me|us|her|him
        {injury} .. all|up|on|over|from|round|down .. arms|arm|back|legs|face|neck|body|ribs|eye
        {injury} from .. belt|dad|mum|him|her|his|stepdad|it
        black|busted|fat eye|eyes|lip
        my|her|his eye shut|black|swollen|purple
        did|does|done my|her|his|their ribs|face|eye|arm|hand|hands|legs
        cigarette burn|burns
        burn+ .. {victim} .. with|on
        burns|burn .. noted|found|round
        hit+ where .. show|uniform|see
        flinch+ .. when|if|every|whenever
        lifts|lift|lifted|raises|raised his|her hand
        cold bath|shower|baths|showers .. for|if|when|till|until|as
        kneel+ .. rice|hours|corner|corridor
        make|makes|made {victim} .. stand|kneel|sleep|sit|run|hold .. cold|rice|hours|garage|shed|outside|night|morning|wall|out|landing|corner|naked
        tie|ties|tied|strapped|strap+|taped|tapes|chained .. {victim} .. up|to|in|down|chair|bed
        soap in .. mouth
        pray|prayer|pastor|demon|spirit ... hold|held|beat|hit|fast|out of
        shook|shake+|shakes|shaking .. baby|him|her|twins
        hits out
        hit|hits|slapped|punched|kicked me|us|him
        had|has|have|got|took me|him|her|us by the ?back ?of hair|neck|throat|hood|arm|ear
        by the throat|hair|neck
        finger marks
        hand|belt|bite print|mark|marks
        {person} sits|sit|sat|kneels|knelt on me|him|us|children
        head|face under|in the|in .. water|bath|toilet|sink
        put+|puts .. me|him|her|us .. in|under .. cold|coal|cupboard|cellar|outhouse|garage|shed
        {violent} me|him|her|us|them again
        sleepy medicine
        gets|got it .. when|if|again|last ... belt|hand|slipper|spoon
        {staff}|mum|dad|stepdad|stepmum|nan|he|she does my hand|hands|legs|arms|feet with
        {person} {violent} me|us|him
        not .. allowed to eat until
        dad|mum|stepdad|carer did|does it to .. too|aswell|sister|brother
        i had to say|tell .. fell|walked|slipped|accident|football|boxing|trampoline
        told|tell+|says|say+ ... say|school|them .. fell|walked|boxing|accident|slipped|trampoline
        he|she said|says i wind|deserve|make him|up|it
    """),
    Entry("emotional_abuse", Slot.HARM, "Says that somebody locks them in, degrades or frightens them", """
        forced|forcing|forces|made|making to|me|her|him ?to marry
        marry|married|wedding ... pakistan|bangladesh|india|abroad|somalia|cousin|force+
        taking|take me|her|us ... to get married
        she|he|mum|dad|carer says .. wishes|wish|hates i|me|us
        wish+ i|id was|had ?never never|not|been born
        hates|hate me .. and|says|so|because .. makes|locks|hits
        padlock|lock|chain .. on .. food|fridge|cupboard|cupboards|freezer
        earn+ .. tea|food|dinner|meals|bed|shoes|blanket|water
        eat on|off the floor
        havent|not|isnt|arent|never allowed ?to leave|out
        if i dont ... he|she|they|hell|theyll will|going|leave|send|post|hit|hurt|kill
        lock+|locked|shut+ .. me|us|him|her|them .. in|out
        lock+|locked|shut|kept|made|sleep+|put|goes|go .. in|under .. {hide} .. when|if|for|all|till|until|hours|night
        lock+|locks the food|doors|fridge|kitchen|cupboard .. so|at|and|when|if|outside|from
        locked from the outside
        turns the key
        bolt|lock|latch|handle .. on|from .. the|my outside
        sleep+|sleeps in the garage|shed|bath|hall|landing|car|cupboard
        sit|stay|go|stand|sleeps|live in|on the ?quiet|coal garage|shed|cupboard|cellar|loft|porch|landing .. when|if|for|bad|naughty|most|till
        in the cupboard .. hours|days|when|all|under
        calls|call|calling|called me|him|her|us worthless|evil|mistake|retard|dog|animal|nothing|stupid|fat|slag|demon|devil|strays|burden
        wish+|wished i|id|she|he .. never|not been|was born
        says|said i|im .. worthless|unlovable|nothing|evil|dirty|mistake
        not|isnt|arent allowed .. eat|speak|talk|food|out|friends|leave|sit|phone|drink|toilet
        thing with .. {tool}
        he|she|they|mum|dad|carer|staff|people dont|doesnt let me|us|her|him .. eat|out|leave|speak|talk|wash|see
        wont|wouldnt let me|us|her|him .. eat|out|leave|see|speak|pill
        shave+|shaved|cut|chopped .. her|my|his hair|head off
        shaved it off
        marry|wedding|married .. dont|not|me|no|abroad|cousin|booked|name
        forced marriage|wedding
        my wedding
        will|going to kill .. dog|cat|rabbit
        if i|you|u|we tell .. anyone|he|she|kill|dog|hurt
        tell anyone and
        not|dont .. tell|say .. or|else
        stops talking|speaking .. days|weeks
        keeps|kept|took .. my passport|passports|papers|documents
        follow+|track+|check+ .. me|my|her|phone|everywhere .. everywhere|every|phone|location|mileage
        convert|out of me|pray .. gay|old name
        accepts my apology
    """),
    Entry("neglect", Slot.HARM, "Says that a child is left alone, hungry, cold or without care", """
        starve+|starves|starved me|us|him|her|them|kids
        kids|children|baby|child are|is|being .. starved|neglected
        off her|his|their head|face|nut
        cant look after me|us|him|her|herself
        left .. in .. dirty|cot|nappy|car|cold|dark
        drunk|drinking|drank|pissed ... drove|drives|drive|driving|crashed .. us|me|home
        never|isnt|no|not any|enough|much food in|at|left
        never|no any food
        takes|take|smokes|smoking|uses|using|inject+ .. drugs|crack|heroin|spice|meth in|when|with|around|every|again|at
        nobody|noone|never take|takes|took .. doctor|doctors|dentist|hospital
        dirty|smelly and hungry|cold
        hungry and dirty|cold|thin
        mum|dad|carer|parents|they gone|went .. holiday|turkey|spain|away|tenerife|abroad|benidorm ... me|brother|just|week|friday|alone
        just me and ... till|until|since
        nightie|pyjamas|vest|nappy|barefoot|coat .. road|street|outside|front|cold|yard|garden|degrees|minus
        outside|garden|yard|street|road .. nappy|vest|pyjamas|barefoot|nightie
        no shoes|coat .. on|outside|road|street|snow|cold
        lost .. stone|weight
        sleep+|sleeps on .. kitchen|floor
        puts|hides|hiding|put bread|food in|down
        left|leave+|leaves me|us|him|her|them|baby|alone|kids .. alone|overnight|night|days|hours|outside
        home|in|house|flat alone .. night|days|baby|hours|weekend|again|tonight
        no seat belts|belt|seatbelt|seatbelts
        medicine|tablets|calpol .. so we|i|he|she|they sleep|quiet|dont
        on my|our|his|her|their own .. at|all|with|since|for|over|most|again|by|tonight .. night|tonight|again|mornings|nights|baby|weekend|brother|day|days
        just me and .. brother|sister|twins|baby|kids|little|hes|shes
        nobody|noone been|come|came|comes|home .. since|for|days|sleeps
        mum|dad|carer|mums|dads|she|he|they {hasnot} .. come|been|came back|home
        mum|dad|she|he went .. and .. back|not
        no|nothing .. food|heating|electric|electricity|bed|to ?eat .. in|at|for|since|all|house|days
        nothing|no food in|left .. fridge|house|cupboards|cupboard|home
        havent|hasnt|not|aint|never ?had eaten|ate|fed|had .. since|for|days|food|yesterday
        {hasnot} .. eaten|fed|ate|drunk|changed|washed .. since|days|yesterday
        always|still hungry
        hungry .. night|bin|bins|steal|sleep|nothing
        eat|eats|eating|food .. out|from .. bin|bins|skip
        at|in|from the bin|bins
        share|one|same blanket|bed|nappy|clothes .. day|all|four|week|days
        same nappy|clothes .. on|every|days|week
        mum|dad|carer|she|he|nan|parents .. passed|knocked|spark|conked .. out
        mum|dad|she|he|carer is|always|on|back|been|was .. drunk|pissed|vodka|crack|heroin|smack|gear|using|drinking|high|spice|nodding|wasted
        nodding off
        drives|drove|driving|drive+|run .. drunk|drink|cans|pissed|drinking
        cans|vodka|wine|drink .. drives|drove|driving|car|wheel
        needles|syringes|pipes .. on|in|floor|side|around
        spends|spend|spent .. money|it .. on drugs|drink|weed|gambling|crack
        sleeping|sleep|living|live|lives .. in .. car|van|tent|shed|park|stairwell|toilet|toilets
        no mattress|cot|bed|toilet|water|electric|gas
        bucket .. toilet|wee|room|in|for
        toilet dont|doesnt flush
        put+|puts|get .. us|them|kids|little to bed ... mum|because
        i|im .. look after|feed|change|raise+|do .. baby|twins|brother|everything ... because|drunk|sofa|sleeps|out|asleep
        im|am|i in charge of .. twins|baby|kids|little
        left .. own ... night|nights|alone
        am|is only|just 4|5|6|7|8|9|10|11 .. and .. alone|cook|own
        mum|she|dad cant|wont get off|up|out .. sofa|bed|floor
        inhaler|insulin|medicine|epipen .. ran|run|gone|empty|wont|stopped|out|no
        wont|not|never|hasnt .. take|took|taken|let|see|seen|been .. doctor|doctors|hospital|dentist|gp|ambulance
        no ambulance
        smells|stinks .. wee|same|dirty|urine
        thin|skinny|light|losing|weight .. really|so|clothes|trousers
        gives us|me|him|baby .. tablets|tablet|calpol|vodka .. sleep|quiet|shut
    """, negatable=_OWN_NOT),
    Entry("domestic_abuse", Slot.HARM, "Describes violence or control between adults, or by a partner", """
        scared|frightened|afraid to leave him|her
        he|she will|ll find|kill her|me|us
        stalk+|stalking|harassing|threatening .. me|us|kids|children|mum
        sunglasses .. again
        rings|calls|texts her|me|mum every
        plates|screaming|smashing .. then|sorry|again|every
        mums|mum|her|my ex|boyfriend|partner .. back|kicking|threatening|followed|turned
        every payday|weekend|friday|saturday .. same|plates|kicks|smashes|screaming|hits
        {mum} .. said|says it was the cupboard|door|stairs
        {person} ?still {violent} .. mum|mums|wife|nan|stepmum|partner|auntie
        mum|mums|she|her .. black eye|bruises|bruise|face|neck|ribs|marks|sunglasses|peas
        {violent} my|our mum|nan|sister|mums
        abusive relationship|partner|boyfriend|husband|ex|marriage
        domestic violence|abuse .. at|in|home|again|my
        scared|frightened|afraid|terrified of my|the|his .. partner|husband|boyfriend|ex|dad
        break|breaks|broke|smash|smashed|smashes .. my|her|our phone|things|plates|door|up|house|everything
        throw|throws|threw .. plates|stuff|things|dinner|glasses|chairs
        he|dad|they|stepdad|ex|boyfriend .. kick+ .. door|doors .. in|down|off
        he|she|ex .. breached|breaks|broke|ignore .. order|injunction|bail
        not allowed near|here|there|in ... he|order|court
        isnt allowed near
        he|she checks|reads|takes|has|controls|times|keeps .. her|my .. phone|money|bank|cards|wages|card|mileage
        wont|doesnt|dont|isnt let|allowed .. her|me|mum .. see|money|friends|out|job
        rows|rowing|arguing|screaming|smashing|shouting ... i|we hide|hid|lie|cover|scared
        when they|he|dad start|starts|kicks|drinks|drunk|drink .. we|i|hide|so
        we|i hide .. when|in|from
        eggshells
        held|holds|hold .. pillow|knife|her|him .. on|to|by|over|against .. me|her|mum|throat|face
        walked into .. door|cupboard
        {hits} .. in front of .. kids|us|children|baby|me
        send|post|share .. video|photos|pictures ... if i leave
        if i|she leave|leaves|left .. he|him|kill|send|find
        i|ive hit|hits|done|threw ... so|with .. kids|children dont|see
        told .. where|he .. bury
    """),
    Entry("allegation_professional", Slot.HARM, "Says that staff, a carer or another trusted adult harms children", """
        staff|carer|carers|worker is|are|was|were .. asleep|drunk|stoned|high
        {staff} ?restrained|grabbed ... broke|broken|bruised|hurt my|his|her
        {staff} .. came|comes|come|turns|turned to|up|round .. my flat|house|room|place ... night|wine|drink|late|11pm|10pm
        in|into|sitting his|her car smoking|drinking|weed|bud|alone
        rewrite|rewrote .. log|record|report|it
        put|had|got .. him|her|me|lad|lass|girl|boy .. on|to the floor|deck
        wrote|written|write it|that up as
        take+ .. out in his|her car
        {staff} .. put his|her|their ?hand|hands|knee|head|arm .. on|in|up|round
        {staff} .. {violent} .. {victim}|<name>
        {staff} .. touch+|kiss+|grabbed|kicked|dragged|sits|hits|pinned .. {victim}|my|me|head|bed|floor
        {staff} .. lock+|locked|shut|shuts .. {victim}|door|food
        {staff} .. comments|looks|stares|watches .. body|look|shower|uniform|legs|chest|changing
        {staff} .. sells|sold|gives|gave|brings|buys .. weed|vapes|drink|drugs|pills|vodka|cigs
        {staff} .. sleeping|relationship|together|seeing with .. girl|boy|young|her|resident
        restrain+|restrained|restraint .. floor|face|hurt|hard|breathe|arm|wrist|knee|bruise|till|until
        knee+|knelt|kneel|kneels .. on|in .. back|neck|chest
        arm|arms .. up|behind .. back
        me|him|her|us|them|lad|lass|boy|girl .. face down
        put|took|take|held me|him|her|us ?down ?to .. the|on floor|deck
        {staff} .. drunk|asleep|drinking .. shift|duty|on
        change|changed|changing .. recording|log|logs|report|record
        manager|they|staff|agency|school told|said|says|know|knew .. not|nothing|change|dont|keep .. write|record|report|done|tell|quiet|log
        hide|hid|covered|cover .. up .. it|what|bruises
        hold+ ... handle|door from|shut|outside|so
        hold+ me|him|her|us .. down
        calls|calling|called us|them|kids|me .. strays|inmates|animals|names
        {staff} .. alone|lift|car|house|home|room .. with|in|at|after .. me|him|her|night|lights|bed
    """),
    Entry("bullying", Slot.HARM, "Describes violence or humiliation by other children", """
        held|hold|pin+|pushed|push|kick+|batter+|jump+|jumped|punch+|beat+|burn+ .. me|him|her .. film+|snap|toilets|changing|bus|stairs|rail
        film|filmed|filming|films .. it|me|him|and|put|posted
        tell|telling|told|says|say+ me|him|her to .. kill|die|do ?it|kys|end
        should|just|go kill|hang yourself|urself|myself
        go on then do it
        jump+|jumped me|him|us
        they|lads|girls .. {violent} me|him|her .. every|after|at|again|week|day
    """),
)  # fmt: skip
