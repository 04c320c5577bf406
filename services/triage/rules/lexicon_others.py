"""Sexual abuse, exploitation, missing, and threats to others."""

from typing import Final

from services.triage.rules.lexicon import Entry, Slot

ENTRIES: Final = (
    Entry("sexual_abuse", Slot.HARM, "Says that somebody does sexual harm to them or a child", """
        sit|sits|sat on his|her lap
        not to tell .. what we|he do|does|did
        {touches} my|his|her|our .. bum|leg|legs|chest|boobs|privates|body|thigh|breasts|bottom|willy
        forced|forces|forcing|force himself|themselves|herself on
        on top of me|her|him
        being ?sexually abused|molested|groomed|raped
        staff|coach|teacher|carer|carers|he|uncle|driver ... in|into .. showers|shower|changing with|when|room
        pregnant ... stepdads|stepdad|dads|uncles|uncle|brothers|grandads|teacher
        watches|watch|watching me|us|her|him .. get|getting changed|undressed|dressed|wash|shower
        be his|her girlfriend|boyfriend
        sexually abusing|abused|assaulting|assaulted|touching
        showed|shows|show me|us|her|him his|their .. private|privates|penis|willy
        takes|took|taking .. picture|pictures|photos|videos .. of|in me|bath|shower|bed|bedroom|changing
        picture|pictures|photos|photo with no clothes|top
        no clothes|knickers|pants on
        teacher|coach|tutor|driver|worker|staff ... loves|love|fancies|fancy me
        forces|forced|forcing .. me|her|him .. do|sex|sexual|touch|things
        had|having|has|have sex with .. man|him|girl|boy|online|staff|uncle
        {person} ?still ?always {touches} .. me|us|her|him|my|child|children|kid|sister|brother|girl|boy
        touch+|touched|touches|touching .. me|her|him|us|kids|down|private|privates|there|leg|where
        rape+|raped
        sexually abused|abuse|assaulted|assault .. me|by|my|her
        abused|abuse me|us|her|him
        molest+|groped|grope+
        come|comes|came|coming .. in|into .. at|my|our|to|with .. night|bed|bunk|shower|bathroom
        {man} .. in|into my|our|her room again|at|every|on|night|when|most
        since i was ?just ?only 12|13|14 ... together|boyfriend|him
        comes|came|coming|get|gets|got in|into my|our|her|his|with bed|bunk|me
        sit|sits|sitting|sat .. on|by .. my|the bed
        watch|watches|watching|stares|walks|looks|films .. me|us|her|in|at .. shower|dress|changing|undress|bath|bathroom|naked|toilet
        sleeps|sleep|in|share+|sharing in|with|my|a bed .. with|uncle|him|me ... scared|dont|hate|touch
        in private|my private|privates
        make|makes|made|making me|us|her|him .. touch|kiss|watch|do|take .. him|it|things|clothes|off|his|stuff|videos
        do|does|did|done|doing .. stuff|things|it to|with me|my|her|us|him
        pretend+ ... asleep|sleep|sleeping
        our ?little|special secret
        keep|kept|its|is a|our secret .. he|game|uncle|dont
        special|tickle|cuddle|secret game|cuddle|cuddles|time|hugs ... he|dont|night|room
        just|only a cuddle
        play+|games .. game|doctors|dare ... secret|dont|bed|clothes|off
        dont|not .. tell|told|say .. what he|uncle|grandad|dad does|did|do
        pregnant ... family|dad|uncle|stepdad|mums|his|him|cant|13|12|14
        late by .. mums|stepdad|uncle
        i ?told mum|her|them .. what|about .. he|grandad|uncle|stepdad .. does|did
        sexual|inappropriate .. to|with|me|behaviour|things|dolls
        doing|acts .. things .. dolls|toys|herself
        no .. year old should know
        mess+ with|about me|her|him|us
        nudes|naked|picture|pictures|photos|photo|video .. of|off .. me|my|her|him ... send|sends|post|share|wants|says|if|round|without
        fake|ai|deepfake of me|her|my .. face|body|naked
        he|they|him .. cleared|allowed|moving|moved|back ... did it to me
        did|done it to me|my|us|her
        seatbelt|lap|knee .. takes ages|sit|sits|hand|makes
        hand|hands on|up|down|in my|her leg|thigh|knee|skirt|top|trousers|pants|knickers|pyjamas
        take|takes|took|taking .. clothes|top|pyjamas|pants|knickers|trousers off
        have|has|had|having|want|wants sex with|for
        second phone .. me|for
        {person} .. is|are with|going|seeing ?out ?with .. 12|13|14|15
    """),
    Entry("exploitation", Slot.HARM, "Describes being groomed, blackmailed, trafficked or used to carry or sell", """
        live|lives|living with .. <number> year|years old boyfriend|man
        made|forced to work
        work+ for no|nothing money|pay
        dont|not|never pay me|us|them
        asks|asking|asked|wants|want|keeps|begging ... nudes|nude|naked
        met ... online|roblox|snap|snapchat|discord|insta|instagram|tiktok ... meet|hotel|house|sex|picture|alone
        wants|want|asking to meet me|her ... hotel|house|alone|secret|car
        being|be|get sent back|home to be|get cut|married
        blackmail+|blackmailing|blackmailed me|us|her|him|someone
        someone|man|he|they is|are blackmailing
        money|cash|gifts|drugs for sex
        have|got|made to carry .. knife|drugs|weapon|bag|it .. for them|him
        sextortion
        trap house|phone|line
        i|im|am|is|hes|been|out trapping
        nail bar
        car wash
        carrying|shotting for
        got|has|have .. papers|passport .. drawer|safe|off
        sends|send .. whole year|school|followers|family
        if i dont do|send|go|pay|let|give
        not|havent|isnt|arent allowed ?to leave
        fake age|name|id
        different men|man|houses|flats
        going|go|went|goes|been|gone|days country|cunch|ot|trapping
        go|going|been|went ot|cunch
        in the trap|bando
        county lines|line ... now|still|them|me
        hold|holding|hid|hide|hiding|keep|keeping|carry|carrying|stash|run|running|drop|dropping|deliver|take|taking|picking .. bits|packages|package|bag|bags|it|this|food|stuff|gear|drugs|parcel|parcels|packets .. for|under|over|to|round .. him|them|man|olders|older|lads|bed|someone|people|flat
        sell|selling|sold|shotting|shottin|shot+ .. for|it|weed|drugs|stuff|food|bits|them|him|our
        i|we|he|she owe|owes|owed ?him|them|her .. {number}|money|bags|debt|for|grand
        debt ... work|pay|them|him|journey
        pay|work|paying it|him|them|back off|back|other .. ways|way|work|debt
        work it off
        pay+ .. other ways|way
        says|said .. i|we|you owe
        send|sends|sent|sending|wants|want|ask+|asking .. nudes|naked|picture|pictures|photos|photo|video|cam ... or|else|for|me|him|school|again|if|money|wants|my|more
        or|else he|she|they|hell send|sends|post|posts|share|shares
        send|sends|sending|share|post .. it|them|picture|pictures|video|nudes to .. everyone|school|mum|family|friends|whole|year|all
        steam|gift|apple|google cards|card .. or|by|send|picture
        got|has|have .. picture|pictures|nudes|video|videos of me|her|him
        met|meet|meets|meeting|talking|chatting .. online|snap|insta|discord|roblox|fortnite|tiktok|game|vc|wizz .. he|man|older|him|meet|want
        he|man|bloke|boyfriend is|hes ?like|about 18|19|20|21|22|23|24|25|26|27|28|29|30|31|32|33|34|35|40|45|50 ... me|im|shes|13|14|15|12|online|she
        am|is|only 11|12|13|14|15 ... he|hes|boyfriend|him|older is|hes ?like|about 18|19|20|21|22|23|24|25|26|27|28|29|30|40
        boyfriend|man|older|he|fella .. is|hes .. {number} and|shes|im|i 12|13|14|15
        age is just a number
        his|with his mates|friends ... do|make|makes|says|have|has
        party|parties|hotel|hotels|flat ... men|older|pay|blokes|taxi
        sleep|sleeping with people|men|him|them .. for|place|rent|stay|money
        place to stay ... sleep|sex|with|pay
        rent .. one way|other|pay|sleep
        gives|gave|buys|bought|buying|got me|her|him|us .. phone|vapes|weed|drink|trainers|vodka|coat|chain|nails|money|gifts .. if|man|bloke|wants|taxi|so
        taken|took|keep|keeps|kept|has|holds .. my|his|her|our passport|papers|wages|documents|card|cards|money
        not|isnt|arent|dont .. allowed|let .. leave .. until|till|flat|house|car|work|shop|room
        house with plants|the ?plants
        work|working|works ... boss ... passport|debt|pay|sleep|papers
        they|people|olders|dealers .. taken|took|in|using|use|cuckoo|changed .. over|my flat|lock|room|house
        cuckoo+|cuckooed
        come|came .. at all hours
        picks|picking|collects|picked|pick|collect .. me|her|him|them|us .. up|from ... man|bmw|night|older|bloke|2am|3am
        someone|man|car|he meets|meet|meeting|picks|waiting me|us|her .. other|station|end|night|corner|car
        comes|come|came back with .. new|money|bruises|trainers
        two|second|new phones|phone .. and|cash|coat|money|wont|hidden
        delete|deletes|deleted .. the|our|chat|messages|it .. after|chat|so
        secret|hide|our ... older|online|boyfriend|chat
        private|secret chat|account|snap
    """),
    Entry("missing", Slot.HARM, "Says that they, or a child, have run away", """
        ran|run|running|legged|gone away|off|missing|awol|it .. from|since|again|placement|unit|home|tomorrow|last
        i|im|ive run|ran|running|legged away|off|it
        """),
    Entry("missing", Slot.HARM, "Says that they, or a child, are away from where they should be", """
        missing .. since|from|tonight|men|police
        daughter|son|sister|brother|girl|friend|lad|she|he is|has|gone ?gone missing
        havent|hasnt|not|aint been|come|came|gone .. at|back|to|home .. placement|home|unit|hotel
        havent|hasnt|not been|come|came|gone ?at ?to ?the back|home|seen|unit|placement
        not|never|wont|aint going|coming|go back .. there|to|placement|unit|home|ever
        been gone|missing|out .. since|for|from
        gone from .. home|unit|placement|hotel
        not coming|going back
        not coming|going home
        dont tell them|staff|anyone|no where .. i|am
        nobody|noone|no knows|know where .. i|we|he|she
        dont know where .. he|she|they|is|i am
        phone .. off|airplane|voicemail ... gone|missing|cant|hasnt|unit|hes|shes|home
        at|staying|stopping|stay a|my|some .. mates|guys|bloke|flat|gaff|friends .. since|days|nights|dont
        sofas|sofa|couch since|surfing|for|every
        slept|sleep|sleeping .. rough|streets|street|park|shelter|doorway|station|bench
        out .. window .. night|back|nights
        left|leave+|leaving the|my placement|unit|home ... night|mate|not|tonight
        {number} days|nights|weeks .. missing|away|gone|since
    """, negatable=False),
    Entry("threat_to_others", Slot.THREAT, "Says that they, or somebody they name, mean to hurt a person", """
        want+ to hurt|kill|stab|shoot|attack .. people|class|school|teacher|kids|everyone|girls|boys
        set fire to|it
        burn+ .. down
        i|im|am|is|ill|hes|he|will|going ?to ?going ?to kill|stab|shoot|batter|murder|burn|shank|hurt|smash|jook|poison|strangle|drown|bury him|her|them|someone|my|that|his|everyone|you|the|<name>
        want to kill|stab|hurt|murder|strangle him|her|them|someone|my|that|<name>|people
        kill+|stab+ .. him|her|them .. tonight|tomorrow|sleep|asleep|when|first|school|friday
        do|doing|done him|her|them in|first
        going to burn .. down|house|office|place
        burn .. down|house|office
        list of who|people|names .. doing|kill|get
        hurt+|torture+|kill+ .. animals|cat|cats|dog
        know where .. live|lives|parks|car|kids|works|school|walks|nursery
        know what|which car|door|gate|school .. she|he|they|drives|kids
        wont be laughing|here|breathing|smiling|able
        get|going ... what is coming
        bring|bringing|brought|got|carry|take|taking|has|have .. {weapon} .. to|in|under|into|on|for .. school|bag|sleeve|waist|bed|jacket|coat|college|work|house
        put|putting .. through .. letterbox
        make|made them|him|her pay
        think+ .. hurting|killing|stabbing .. people|him|her|someone|animals|them
        watch+|sat .. breathe|breathing
        smother+|pillow over .. face|head
        if i cant have .. nobody|no one
    """),
)  # fmt: skip
