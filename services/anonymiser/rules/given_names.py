"""Given and short names of the people who live in the UK, from every origin; the list is ours.

WORDS_TOO are names that are words as well: each needs a cue, or a capital where capitals mean something.
"""

from services.anonymiser.rules.common_words import all_of

_ENGLISH = """
aaron abbie abby abigail adam adele adrian aidan aiden aimee alan albert alec alex alexa alexander alexandra alexis alfie alfred alice
alicia alison alistair allan amanda amelia amelie amy andrea andrew andy angela angie angus anita ann anna annabel anne annie anthony
antony arabella archie arlo arthur arran ashleigh ashley ashton aubrey audrey ava barbara barney barry beatrice becca becky
belinda ben benjamin bernadette bernard bernie bert beth bethan bethany betty bev beverley billie billy blake bob bobbie bobby
brad bradley brandon brenda brendan brett brian briony bronwen bruce bryan bryony caitlin caleb callum cameron camilla candice cara
carl carla carly carolanne caroline carolyn carrie casey cassie catherine cathy cecilia cerys charlene charles charley charlie
charlotte chelsea cheryl chloe chris chrissy christina christine christopher cindy claire clara clare clarissa clive cody colin connie
connor conor corey courtney craig curtis cynthia damian damien dan dana daniel daniella danielle danny daphne darcey darcy
darren dave david davina deb debbie deborah debra declan deirdre delilah denis denise dennis derek derrick desmond diana diane
dominic donald donna doreen doris dorothy doug douglas duncan dylan eddie edgar edith edna edward edwin eileen elaine eleanor elena
eliana elijah elise eliza elizabeth ella ellen ellie elliot elliott elsie emily emma eric erica erin ernest esme estelle esther ethan ethel
eugene eva evan evelyn evie ewan felicity felix finlay finley fiona fletcher floyd fran frances francesca francis frankie fraser
fred freda freddie freddy frederick freya gail gareth gary gavin gaynor gaz gemma geoff geoffrey george georgia georgie georgina
gerald geraldine gerard gerry gillian gina gladys glenda glenn gloria gordon grayson greg gregory greta gwen gwyneth hailey hanna hannah
harley harold harriet harrison harry harvey hattie hayden hayley heidi helen helena henrietta henry herbert hermione hilary hilda
howard hugh hugo iain ian ida imogen ingrid irene isaac isabel isabella isabelle isla isobel ivan jackie jackson jacob
jacqueline jaden jaime jake james jamie jane janet janice janine jasmin jasmine jason jasper jay jayden jaydon jayne jayson jean
jeanette jeff jeffrey jemma jen jenna jennie jennifer jenny jeremy jermaine jerry jess jesse jessica jessie jill jim jimmy jo joan joanna
joanne jodie jody joe joel joey john johnny jon jonah jonathan jonny joseph josephine josh joshua josie joyce juan judith
judy jules julia julian julie juliet justin kacey kaden kaleb kane kara karen karl kasey kate katelyn kath katherine kathleen kathryn kathy
katie katrina katy kay kaya kayden kayla kayleigh kaylee keeley keira keiran keith kelly kelsey kelvin kendra kenneth kenny kerry kev kevin kian
kieran kieron kim kimberley kirsten kirsty kirstie kyle kylie kyra lacey lana lara laura lauren laurence lawrence lea leah leanne lee leila
leland len lena lennon lenny leo leon leona leonard leroy lesley leslie lewis lexi lexie liam libby lila lillian lilly lilian linda lindsay lindsey
lisa liz lizzie lizzy lloyd logan lois lola loretta lorna lorraine lottie lou louie louis louisa louise luca lucas lucinda lucy luke
lydia lyn lynda lynn lynne lynsey mabel mackenzie maddie maddison madeleine madison maggie maisie malcolm mandy marc marcia marcus margaret
margery maria marian marie marilyn marina marion marjorie martha martin martyn mary matilda matt matthew maureen maurice mavis maxine
maya megan meg mel melanie melissa melvin mia michael michaela michelle mick mickey mikayla mike mikey mildred milly millie mitchell
moira molly monica morgan muriel myles myra nadine nancy naomi natalia natalie natasha nathan nathaniel neil nell nellie neville
niall nicholas nick nicky nicola nicole nigel nikki nina noah nora norma norman oliver olivia ollie oscar owen paige pam pamela
patricia patrick patsy paul paula pauline peggy percy perry peter phil philip phillip philippa phillipa phoebe phyllis pippa polly
quentin quinn rachael rachel ralph ramona randall raymond rebecca reece reggie reginald rhys rhiannon ricardo
richard rick ricky riley rita rob robbie robert roberta robyn rodney roger roland ron ronald ronnie rory rosalind rosaleen rosie
ross rowena roy russell ruth ryan ryder sabrina sadie sally sam samantha sammy samuel sandra sara sarah sasha saul scarlett scott sean
sebastian selina seth shane shannon sharon shaun shauna shayne shaz sheena sheila shelley shelly sheryl shirley shona sian sid sidney simon simone
sonia sophia sophie spencer stacey stacie stan stanley stella steph stephanie stephen steve steven stewart stuart sue susan susie suzanne sybil sylvia
tabitha tamara tamsin tania tanya tara taylor ted terence teresa terri terry tess tessa thelma theo theodore theresa thomas tia tiffany
tilly tim timothy tina toby todd tom tommy toni tony tonya tori tracey traci tracy travis trevor tricia trina trish tristan troy tyler
tyrone ursula val valerie vanessa vera vernon veronica vicki vickie vicky victor victoria vince vincent vivian vivien vivienne walter wanda
wayne wendy wilfred william willie wilma winifred winston xander yasmin yvette yvonne zac zach zachary zack zak zane zara zoe
tyler-james riley-mae ellie-may jaxon jaxson jenson tayla demi demi-leigh tiegan teagan mckenzie kaitlyn kacie kaci keeleigh skyla shayla
nevaeh kezia kez dwayne rylan alfred oakley hallie aria ottilie reuben jude eliot elsa freya ffion orla tommo jonno jono gazza shaza bazza
mollie dani danni jem jojo lexy mads marg margarethe nathanial nikita ollie stef stevie tasha tash tez tyrell wes denholm mandi
"""

_CELTIC = """
aled alun aneurin angharad anwen arwel bethan branwen bryn bronwyn cadi caradog carys catrin cerys dafydd dewi dilys efa eira eirlys elin elen
eleri elis emrys emyr ffion geraint glyn glenys gruffydd gwenllian gwilym gwyn gwyneth huw hywel idris iestyn ieuan ifan ifor
iolo iwan llinos llywelyn lowri mair mared mari megan meinir menna meredith myfanwy nerys nia non olwen owain rhian rhodri rhun sian
sioned steffan taliesin tegan tomos wyn aoife aisling ailbhe bronagh brigid caoimhe cathal ciara ciaran cillian clodagh colm conall cormac
dara dearbhla deirbhile dermot diarmuid donal donnacha eamon eamonn eilis eimear eoghan eoin fergal fergus finbar fionn fionnuala grainne
maeve mairead malachy mairi niamh nuala oisin oonagh orlaith padraig paddy roisin ruairi sadhbh saoirse seamus shauna siobhan sinead sorcha tadhg
ailsa alasdair blair callum calum catriona coll craig doileag donal eilidh euan ewan fearghas finlay fiona greer hamish iona
isla jamesina kenna kirsty lachlan mhairi mhari morag morven murdo niall rhona rory ruaridh senga shona struan
"""

_SOUTH_ASIAN = """
aadil aaliyah aamir aamina aarav aarti aasim abbas abdul abid abida adeel adil adnan afzal ahmad ahmed aisha aishah ajay akash akbar akhtar ali
alia alina aman amandeep amar amina aminah amir amira amit amrit amritpal anaya aneesa anil anisa anita anjali anjum ankit anoop anwar
arif arjun armaan arooj arun asad asha ashish ashok asif asim asma atif ayaan ayan ayesha ayisha azeem aziz babar balbir baljit balwinder bashir bhavna
bilal bilqis chandni charanjit daljit danish danyal deepa deepak deepika devi dilip dilpreet dipika eesa ehsan eshal faisal faiz farah farhan farhana
farid farida farooq farzana fatima faizan fawad fiza ganesh gagandeep geeta ghulam gita gopal gurdeep gurpreet gurjit gurmeet habib hafsa hafiz haider
hamid hamza hana hanif haris harjit harleen harpreet haroon harsh haseeb hasan hassan hassnain hina humaira humza hussain huma ibrahim ibraheem
iftikhar ikra imaan imran inaya inayah inderjit iqbal iqra irfan ishaan ishaq ismail jagdeep jagjit jamal jamila jasdeep jaspreet jaswinder javed javeria
jayesh jaya jyoti kabir kajal kamal kamran kamaljit karan kashif kaur kavita khadija khadijah khalid khalida khizar kiran kishan krishna kulvinder kuldeep
lakshmi laiba leela maha mahmood mahnoor maheen majid malik malika mandeep maninder manjit manoj manpreet mariam maryam maryum masood meena meera mehreen mehwish
minahil mohamed mohammad mohammed mohan mohsin mubarak muhammad mumtaz munir munira musa mustafa nabeel nabila nadeem nadia nafisa naeem
naila naima najma nasir nasreen nasim naveed navdeep navjot nazia nazim nazir neelam neha nida nikhil nimra nisha noor noreen nusrat omar omer osman parveen parminder
pooja prakash pranav preeti prem priti pritpal priya qasim rabia rafiq raheem rahim rahima rahul raj raja rajan rajesh rajinder rajiv rakesh ram ramesh
rani rania rashid rashida raza razia reena rehan rehana rekha reza rida rifat rizwan rizwana rohan rohit roshni rubina rukhsana rukhsar rupinder saad saba sabah sabina
sadia sadiq safa safia safiya sahar saima saira sajid sajida salim salma saleem salman samina samir samira samreen sana sandeep sangeeta sania sanjay sara sarfraz
sarita satnam satwinder seema shabana shabnam shabir shafiq shah shahid shahida shahzad shaista shakeel shamim shamima shanaya shania shanti shazia sheetal
shehnaz sherin shreya shyam sidra simran simranjit siraj sita sohail sonal suhail suleman sultana suman sumaira sunil sunita suraj surinder suresh sushma tahir tahira taj
talha tanveer tanvir tariq tasneem tayyab tayyaba uday umar umair umer usha usman uzma vijay vikas vikram vinay vinod vivek waheed waqar waqas waseem yasir yasmeen
yousaf yousuf yunus yusra yusuf zafar zahid zahida zahir zahra zaid zaina zainab zaki zakir zara zeeshan zia zoya zubair zulfiqar zunaira
"""

_AFRICAN_AND_CARIBBEAN = """
abdi abdirahman abdullahi abeba abena abigael abimbola abiola abraham ada adaeze adaobi ade adebayo adebola adedayo adeola adesuwa adewale adjoa adwoa afia afua
agyeman akosua akua akwasi alhassan amadi amadou amaka amara amari aminata ama amina asante asmara asha awa ayo ayodele ayomide ayotunde azeez babajide babatunde
baraka bayo berhane biniam binta bisi biyi bola bolanle bukola bunmi chiamaka chibuzo chichi chidi chidinma chidera chika chike chima chinedu
chinelo chinonso chinwe chioma chizoba chukwudi chukwuemeka damilola daniyar dayo dejen deka dembele desta devante devonte dinma dupe ebele ebere ebrima edem efe
efua ejike ekow emeka emmanuel enitan enoch esi ezekiel eyob faduma fadumo farhia fatou fatoumata fatuma femi feven filsan folake folasade fola foday funke funmi genet
ghenet girma gugu habtom halima hamdi haile hawa hermon hibo hiwot hodan idowu idris ifeanyi ifeoma ifrah ije ikenna iman imani ismahan isatou jabari jahmal jamilah
jelani jerome jermaine jide joao kadiatu kagiso kamau kehinde keisha kelechi kelis kemi kenechi khadra khalil khadijat kidane kofi kojo kosi kudzai kunle kwabena kwadwo kwaku
kwame kwasi kweku kyauna lamar lamin latoya latisha lateefah leke lerato liban liya lola luam lwazi mahad mamadou marlon mariama mbali mebrat medhanie mehari mekdes
merhawi meron mensah milka mohamud mojisola moses mustaf nana nandi nasra ngozi nia njeri nkechi nneka nnamdi nneoma nomsa nonso obi obinna odalys ola olabisi
oladele olamide olanrewaju olayinka olu olufemi olumide oluwaseun oluwaseyi oluwatobi omari omolara omotola onyeka osas osagie ousmane philemon qamar rahel
rahma remi ruvimbo ruta rashawn saba sadio safiyo salimata samson samrawit sekou selam semhar senait seun seyi shadrack shanelle shanice shantelle shaniqua shaquille
shermaine sherelle sibusiso simisola sipho solomon suleiman sumaya tadesse taiwo tamika tanisha tapiwa tarik tatenda tekle temi temitayo temitope tendai tewodros themba thabo
thulani tiana tinashe tobi tobe tolu tolulope tope toyin tsehay tunde tyrese tyreke uche ugo uzoma wanjiru warsame winta yaa yaw yared yemi yetunde yohannes yonas yonatan yordanos
yusra zahara zanele zeinab zodwa zola kerron leighton kadeem akeem delroy winsome clarice marvalee jamar kymani tianna rasheed rohaan
"""

_EUROPEAN_AND_OTHER = """
adriana agata agnieszka agnes aizhan alejandro aleksander aleksandra alessandro alfredo alina alma ana anastasia anatoly andreea andrei andrej andreas andrzej anca ania anja anka antonio
antonia artem arturo aurelia aylin ayse bartek bartosz basia beata bianca bogdan bogna boris bozena branislav carlos carmen catalina catarina cezar claudia claudiu constantin cosmin
costel cristian cristina daria dariusz dawid denisa diego dimitri dmitri dominika dorin dorota dragan dragos ecaterina edita edyta elif elzbieta emil emilia emre enrique
erika ervin esteban ewa fabian fatma fedor felipe fernanda fernando filip florin francesco franciszek gabi gabriel gabriela gabriele georgiana gheorghe giorgio giovanni giulia
goran grazyna grzegorz gulnara gintaras hakan halina hubert ignacy igor ileana ilie ilona ines inga ioana ion ionel ionela ionut irina iryna ivana iwona izabela jacek jadwiga jakub janek
janos janusz jarek jarmila jaroslav joana joanna joao jolanta jorge jose josef jozef julita jurgita justyna kacper kamil kamila karina karol karolina kasia katarina
katarzyna kateryna katya kinga klaudia krystyna krzysztof kuba ladislav larisa laszlo laura lech leszek lidia liliana lina lorenzo luis luisa lukas lukasz luminita lyudmyla maciej maciek
magda magdalena maja maksym malgorzata manuel marcel marcin marco marek margarida mariana marija marika mario mariusz marta mateusz matei mateo matthias matyas michal mihaela mihai
mikolaj milena milos mircea miroslav miroslava misha monika nadiya nadezhda natalka nicolae nicoleta nikola nikolai nuno ola oksana oleg oleksandr olena olga oliwia olha oliwier
ondrej orhan ovidiu pablo paola pavel pawel pedro petra petre petru piotr przemek rafael rafal raluca rasa razvan renata roksana romana roxana ruslan ruta ryszard sabina sanja
sebastien sergei sergiu serhiy silvia simona slawek sofia sofija stanislav stefan stefania svetlana szymon tadeusz taras tatiana teodora tiago tomas tomasz tomek traian
tudor umut urszula valentina valentyn vasile vasyl veronika viktor viktoria violeta vira vitalie vlad vladimir volodymyr wanda weronika wiktor wiktoria witold wojciech wojtek
xavier xiomara yana yaroslav yulia yuliia yuri zbigniew zdenka zofia zoltan zuzana zuzanna stefan elenor dilnoza dilara gizem hoa huong hung hien kifah linh minh
ngoc nguyen phuong quan quang thanh thao thi thu thuy trang trinh tuan tuyen vinh xuan bao bich chau cuong dao duc giang hanh khanh
abdulrahman abdullah abubakar adham ahlam alaa amal amin arash ardit arian arta ashkan aso avin azad azadeh baran behnaz besa besart bijan burim cyrus dalia dana darya darius dilan dina dion diyar
ehab eman erion faheem farhad fariba farshad fatemeh fatos flutura ghazal golnaz gzim hadi haneen hawre hedieh hekmat hiba hossein hosna husam husna hussein jalal jamshid jawad jana kamal
karim karima karwan kaveh khaled khatera khosrow klea kourosh lamia lana latif layla leyla lejla lina liridon luljeta mahdi mahmoud mahsa marwa marwan maryam masoud mehdi mehmet mehrdad mina mirela mohsen mojgan mona morteza mostafa
murat muna nabil nahid najib najwa narges nasrin navid nawal nazanin nermin nesrin nour omid parisa parwana parviz payam payman qais rahimi ranya rawan rebin rezan rojda rojin rostam ruqayya sadegh saeed sahand sajad sakina samer saman sami sanaz saman sardar
sarwar selin shadi shahin shahram shirin shilan shpresa shiva siamak sina soheil soraya sozan suhad suzan tahmina tamim tarek wael wafa walid xhevdet yasin yaser yousef yara zain zana zaynab zeynep zohra zuhal
ming wei xin ying yan jing ling hong hua fang yuki sakura hiroshi kenji akira haruka ji-woo minho soo-jin hyun arisa malee somchai narin ploy rosario marisol paloma consuelo
miley tegen demelza jowan kezabelle mongan johnjo tommy-joe paddy-joe bridie biddy margaret-ann
"""

_MORE = """
adil ailsa aliza alvin amos anaya andre anjana anselm arjan arron aron arabella astrid augusta ayaz azaria bella-mae benjy benji bernice bethel beulah bill-jo bilqees boyd bradley-james
brandy bronte bryce caelan caitlan cal calvin carlton carmel carys-mae casper cassidy celeste celia chad chanel chantelle chantel chanelle charmaine chesney cheyenne christabel clancy claud clement
clint clinton codie conan cordelia corrine cyril dahlia darnell darrell darryl dashawn davey davy dawood daxton deandre debs dee-dee deeqa delia delphine deniz dequan dermott des dessie
destinee devina diarra dionne djamila dorian drea dre dwight eartha ebony-rae effie egypt elias elisha ellis elodie elton elvira emmett emmy enzo esmae esmeralda everton everly ezra fabio faith-marie fay faye fearne
fenton fergie fitz fleur flo florrie freja gaby gavan gemma-louise georgie-mae geri gethin gideon gigi gil gilbert ginny giselle glynis godfrey goldie grady greyson griff gus gwendoline hadley hal hania harmoni hedy
heston hettie hilde homer horace hosea ianto ibby ignatius ikram ilyas imelda indie inez inigo ira isabeau isadora isha isiah izzy jaimee jamelia janae janelle jarvis jaycee jayce jayda jaydn jaxx jeb jed jenson-lee
jericho jethro jimsy joby jolene jolie jorja jordanna josiah joss juanita juliana julio junie kady kai kaia kaja kalisha karim karl-heinz kasper kavin kaylin keanu keaton keegan keely keisha kel kell kelis kendall kendrick keon keziah khai khloe
kimmy kieron-lee kirk kobi kody kora kris krish kurt kya kyran kyron lainey lamont lani laney larry lauryn layla-rose leanna leeanne leigh-ann leonie lerone leticia levi liana lileen lilith lionel lleu lorcan lorelei lorenza luana lucian lucie luella lynette
mabli maddox maeva magnus mali malakai malachi manny mara marcie marcy mariama marley marlene marsha martell martine maude maxim maxwell may-lin melody-ann merle merlin mika mikael milton minnie mirabel miriam mirren misha mitch
moesha montel mordechai moshe moya mya myah myla mylee myrtle nahla nahum nala nan-mei nate neave neeve nevin nile nimco nicolas nico niko noelle nyah nyasha octavia odette olivier ophelia orlando oriana orson otis otto patrice patti paulette
pearce petronella perpetua philomena phineas pilar priscilla prudence prue queenie rae raine ramone ramsey raphael rashad raven-mae reagan reggie-lee regina renee reuel rhea rhonda ria rickie roan robbie-lee robert-john roisin
rolf romeo ronan ronnie-mae rosa rosalie rosanna rosetta roscoe rosamund rowena roxanne roxy ruairidh rufus rupert ruqayyah rubi russ ryanne sacha sadia sahra saffie salome sander selena selma selvi shay shaya shayla shayne sheba shaniya shelby sherry sherri shiloh shirin shivani
sidonie sigrid silas simeon sinclair skyler soren stacy stephon suki sukhmani suraya suze suzi sylvie tamia tanisha tannith tariq-james tatum tayo tenzin teri tesfay theodora thora tibby tilda tobias toni-ann tonia tracie trent trev trey trinny tristen tyla tyron tyreece tyrese tymon
ulrich umm una uriah ursa valma vaughan vaughn vaness verna verona vijaya viola vonnie wanita wesley wilbur wilf willis winifred winnie winona wynne xena yannick yasmina yolanda yvonna yosef yousra zachariah zaki-lee zelda zena zeph zuri zola
"""

_SHORT = """
angelica bailey brooke florence gracie jack jade jan ken les luna mimi mo nat nima sienna sultan tad viv
"""

_WORDS_TOO = """
may will hope faith summer amber mark grace joy sky skye angel rose june april august bill grant penny patience mercy
justice ty carol pat miles sonny ray poppy rich verity hunter heather holly ginger rowan hazel ash london paris kingston
jordan brook cliff dale bear wolf kitty happy wisdom miracle christian art eve violet max basil jazz pip raven star storm
dawn prince princess precious blessing favour goodluck lucky sunday chance destiny heaven peace frank chase dean kit
robin daisy lily ivy ruby pearl opal coral crystal willow fern olive iris bella honey cherry candy harmony melody charity
constance honor honour trinity genesis serenity unity liberty earl duke king major junior bishop knight page reed stone
wade lance drew don gene guy hank pierce colt buck rocky sandy sunny misty stormy autumn winter snow rain river ocean
brooks glen heath forrest forest woody rusty dusty red blue indigo hero love lovely gift given goodness sage bay gale
pepper saffron rosemary tansy clover flora jewel diamond cash ace blaze phoenix fox wren lark dove bird linnet carter
mason parker archer tanner cooper porter piper harper sawyer marshall miller van can an my hai lan mai mei long dung so
dee bee em jet bud chip dick doc abel able noble true truth prosper success comfort prayer praise princely goodwill
godwin jannah hayat sol jesus rex rod stew curt teddy ebony ivory sable roman german milan sydney dakota carolina
virginia brooklyn savannah austin dallas houston denver devon carlisle lincoln preston kent chester warren cole coal clay
lane dell ridge noel trace tray vic job herb gray hardy sterling ward nest
"""


WORDS_TOO = all_of(_WORDS_TOO)
GIVEN = all_of(_ENGLISH, _CELTIC, _SOUTH_ASIAN, _AFRICAN_AND_CARIBBEAN, _EUROPEAN_AND_OTHER, _MORE, _SHORT)
