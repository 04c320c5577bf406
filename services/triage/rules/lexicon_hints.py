"""Hints and sadness: what a trained person should read, or what the ordinary queue may hold."""

from typing import Final

from services.triage.rules.lexicon import Entry, Slot

ENTRIES: Final = (
    Entry("distress", Slot.HINT, "Asks about secrecy, or says that they cannot say", """
        dont|not tell .. anyone|mum|dad|sw|social|staff|carer|him|her|nobody|them|school
        cant|not|wont say .. why|who|what|it|here
        cant write|talk|say .. here|now
        would|do|will you .. have ?to tell
        is this private|confidential|anonymous
        can|does he|she|they|mum|dad|carer .. see|read|know .. this|i
        told me to|not .. write|say|tell
        made me write|say|promise
        asking for a friend
        what counts as
        please ignore my .. last|message
        ignore my last
        made it up
        never mind
        our|a|the|big secret
        promise+ not to|tell
        reads|read|checks|check my phone|messages|texts|diary
        got my|his|her password
        dont let .. see|know|find
        is there a way to unsend
        everythings|everything is fine at home
    """, negatable=False),
    Entry("distress", Slot.HINT, "Says that they are frightened of somebody or somewhere", """
        scared|frightened|afraid|terrified|nervous .. of|when|to .. him|her|go|home|dad|mum|uncle|them|people|man|sleep
        scared to|of go|going|be .. home|there|back
        dont|not like .. when|being|thursdays|weekends|how .. he|she|alone|with|comes|him|they|shout
        dont want to .. go back|home|there
        dont feel safe
        not|unsafe|never safe
        makes me|us|her feel .. uncomfortable|weird|funny|sick|scared|small
        creepy|creeps|weird|odd ... me|he|man|hug|looks
        dont know what .. do
        something|things bad|wrong|horrible .. happen|happened|going
    """),
    Entry("bullying", Slot.HINT, "Describes bullying", """
        bully+|bullied|bullying|bullies|bullys
        picked|pick+|picking on me|him|her|us
        calls|call|calling|called .. me|him|her .. names|fat|ugly|tramp|dirty|smelly|freak|slag|gay|orphan|poor
        make|made|makes|making fun of
        fake accounts|account
        keep|keeps hiding|taking|stealing|nicking my
        laugh|laughs|laughing at me|us|him|her
        follows|following me around|home|about
        no one|nobody sits|talks|speaks .. with|to me
    """),
    Entry("distress", Slot.HINT, "Describes distress that is hard to bear", """
        panic attack|attacks
        cant cope .. anymore|with|much|longer|any
        cant take it|this|much
        cant breathe
        dont feel real
        hear|hearing|hears voices
        black out|blackout
        hate myself
        feel|felt|feeling .. nothing|numb|empty|worthless|dead|invisible|trapped|hopeless
        crying|cry|cries .. every|all night|day|time
        havent|not|cant slept|sleep|sleeping .. days|weeks|night|since
        stopped eating|talking|sleeping|going
        nightmare|nightmares|flashbacks
        something|someone .. going|gonna .. give|snap|hurt
        dont know what i .. do
        lose|losing it|control
        in a dark place
        disappeared|disappear
    """),
    Entry("neglect", Slot.HINT, "Suggests that a child's care may be poor", """
        young carer
        look+ after .. mum|dad|brother|sister|nan|baby|little
        no money .. food|electric|meter|until
        meter .. ran|run|out|gone|went|empty
        mould|damp .. baby|cough|wall|breath|room
        hungry
        food bank
        miss+|missing .. school .. lot|days|because
        mum|dad|carer|he|she .. drinks|drunk|drinking|drank|wine|cans
        still|only smacks|smack+|shouts
        smacked|smack+|clip|tapped|wallop .. me|him|her|hand|legs|round
        home|in|house|left .. alone|own
        hand|hands me downs|down
    """),
    Entry("exploitation", Slot.HINT, "Mentions gifts, secrecy or an older friend that nobody has explained", """
        older .. friend|boyfriend|lad|man|boy|girl|than
        two|second|new phone|phones
        gave|bought|got|gives|buys me|her|him .. chain|trainers|phone|money|gift|gifts|vapes|iphone|coat|bracelet
        met .. online|snap|discord|roblox|insta
        says .. mature|special|different|beautiful|pretty|sexy
        messages|messaging|texts|dms me .. night|late|private|after
        special|extra .. sessions|just me
        what colour|school|live|wearing
        out .. till|until late|all|3|2|4|midnight
        wont|doesnt say|tell .. where|who
        walk+ round|about|around .. late|night|town
    """),
    Entry("physical_abuse", Slot.HINT, "Describes a mark or a rough act that nobody has explained", """
        {injury} .. dont|not|wont|how|school|says|fell
        black eye
        rough|grabbed|yanked|shoved|dragged .. me|him|her|us|arm|wrist
        gets|got|so angry|mad|cross
        temper .. his|her|mum|dad|on|loses
        loses|lost .. temper|it
        shout|shouts|shouting|screams|screamed|yells .. at|in .. me|us|face|him|her|kids
        fight|fights|fighting .. mum|dad|parents|they
    """),
    Entry("historic_abuse", Slot.HINT, "Says that they were abused or neglected in the past", """
        i was .. beaten|hit|abused|raped|caned|starved|locked
        abused .. as|in|by|at|when|child|for
        was|were|been ?sexually ?physically abused|molested|raped|neglected|groomed|beaten|trafficked
        abuse ... i|my|me ... child|years|foster|home
        what happened .. to|in|when ... me|small|little|child|young|him
        did things|stuff to me
        hurt me ... when|years|ago
        survivor of|from
        survivor .. abuse
        gave evidence
        the cane|cellar|strap
        locked .. in .. when i was
        i|we was|were .. hit|beaten|starved|locked|caned|groomed|cut+|self .. by|when|at|in|for
        used to .. cut|hit|hurt|beat|run|batter|touch|harm
        tried to .. end|kill|take .. my life|myself
        overdose .. ago|years|when|at|after
        ran|run away .. times|when|from|twice
    """),
    Entry("threat_to_others", Slot.HINT, "Is angry enough to worry about, with nobody named", """
        want to .. bang|hit|smash|hurt|batter|punch|kill .. someone|something|everyone|people|out
        someones|someone .. going .. get|be .. hurt|it
        going to .. snap|lose|explode|hurt|kick+
        hit|smash|punch|kill someone|somebody
        place|school .. needs .. burn
    """),
    Entry("allegation_professional", Slot.HINT, "Describes conduct by staff or a trusted adult that somebody should look at", """
        {staff} .. messages|texts|adds|added|asked|asks|shouted|shouts|laughs|laughed|comments|calls|said|jokes|flirts|grabbed .. me|us|him|her|girls|fat|names|snap
        {staff} .. phone .. whole|time|hour|shift|all
        restrain+|restrained|restraint|held|pinned
        on his|her own paper|phone
        {staff} .. fell|fall asleep
        drawn curtains|strip
    """),
    Entry("distress", Slot.SAD, "Says that they are sad, lonely, worried or angry", """
        sad|lonely|alone|upset|worried|worry|scared|miss|missing|missed|hate|hates|cry|crying|cried|angry|nervous|anxious|depressed|hurts|grief|heartbroken|fuming|gutted|ashamed|homesick|stressed|unfair
        passed away
        died|funeral|grave|buried
        no one|nobody listens|listened|asked|told|cares|explained|came|rang|believes
        cancel+|cancelled|cancelling|moved|moves|moving .. contact|again|me|placement|times|me|date|visit
        social worker|workers .. left|leave|late|changed|new|never
        broke my heart
        breaks my heart
        let down
        left out
        last to know
        dont|not want to move|go|leave
        black|bin bag|bags
        didnt|not get to|say say|bye|goodbye
        feel|feels|felt .. like|sad|bad|down|rubbish|judged|different|nobody|small
    """, negatable=False),
)  # fmt: skip
