"""Suicide and self-harm: thoughts, plan, means, time and act, as the helplines' ladder has them."""

from typing import Final

from services.triage.rules.lexicon import Entry, Slot

_C: Final = "suicide_self_harm"

ENTRIES: Final = (
    Entry(_C, Slot.INTENT, "Says that they, or somebody they name, want to die", """
        slit my|her|his wrists|wrist|throat
        im|am|i doing it tonight|tomorrow|now
        do it tonight|tomorrow
        going|gonna to jump
        stepping|step|stepped|walk|walking|jumping in front of
        in front of .. train|bus|lorry|car
        talk myself|themselves|yourself|himself|herself into staying|living alive|on
        do myself|himself|herself in
        thinks|think|thought|thinking about|of ending|killing|dying|jumping|hanging|doing ?it
        i|im|he|she going|gonna ?to end it|things
        want+ ?to die|dead
        want+ to be dead
        want+ to .. kill myself|himself|herself|themselves
        kill+ myself|himself|herself|themself|themselves
        end+ my|his|her|their life
        end+ it all
        end+ things
        am|be ending it
        end it tonight|tomorrow|all|now
        end me
        take my|his|her own life
        took her|his own life
        suicidal
        commit+ suicide
        thinking|thoughts|think|talks|talking about|of suicide
        suicide attempt|attempts|note|plan
        killing myself
        think+ .. not being alive
        think+ ... how i would|d do it
        id|would rather be dead
        better off dead
        dont|not want+ to be alive|here|around anymore|any
        dont|not want+ to be alive
        dont want to live
        cant do this anymore tonight
        cant go on
        want it to|all stop|end for good
        ready to go be with
        going to be with .. tonight|tomorrow|soon|her|him
        be|am with my nan|dad|mum|brother tonight|tomorrow|soon|again
        hang+ myself|himself|herself
        jump+ off|from|in .. {place}
        jump+ in front of
        voices ... kill|jump|die|hurt
        talk myself into staying alive
        do not want to wake up
        wish i|it had|was|were .. dead|worked|died
        wish it|they worked|killed
        want to drown
        throw+ myself
        no point .. living|being alive
        reason|reasons to stay|live|be alive
        thoughts ... ending|suicide|killing
        how i|id|would do it
        """),
    Entry(_C, Slot.PLAN, "Describes a goodbye, a note, or a place or date chosen", """
        dont|not blame her|him|them|anyone|yourself|yourselves
        best|better|easier|easiest|kinder for everyone|everybody
        picked|chosen|chose|set a|the|my date|day|song|place
        given|gave|giving|handed|hand .. radio|canteen|trainers|games|speakers|bike|clothes|stuff|things|cat|dog .. to|away|out|because
        i wont be around|about
        wont|not need them|it|these|that after|anymore|now
        wont be here .. easter|christmas|summer|birthday|next|end
        wrote|written|write+|writing .. my|his|her|their|a ?goodbye|suicide note|notes|will
        write|wrote|written .. letter|letters to|for .. everyone|everybody|mum|all
        suicide note
        goodbye note|notes|letter|letters
        give|gave|giving|given|give+ .. stuff|things|trainers|belongings|canteen|bike|clothes away|out
        worked out which|where|how|when
        pick+ a date
        know how and when|where
        know where .. do it
        this is my|the last message|text|day|night|time
        sorry|thanks for everything ... bye|goodbye|love
        wrote|written ?the|my letters
        wont|not be about|around for
        last time you|u|ill|i|we .. hear|see|speak|talk
        wont|not be here .. tomorrow|by|after|anymore|monday|morning|to see
        wont need|be needing .. anymore|after|tomorrow|any
        nobody ... to blame
        no one ... to blame
        tell .. i love|loved them|him|her|you
        tell .. it wasnt ?your|his|her fault
        tell .. i am|was sorry
        goodbye everyone|all|everybody
        bye everyone|all|everybody
        say|said|saying goodbye to everyone|everybody|all|them
        all planned|planned out
        made|make|got a plan
        have|got|made ... plan to|for end|die|doing
        by the time you|u|they read|find|get
        when they|she|he|you find|finds me
        she|they|mum|staff|someone will|ll find me|it|them
        sort+ .. my|his|her stuff|things .. piles|labelled|boxes
        lined|line|laid them|it|all|tablets|pills up|out
        all lined|laid up|out
        one way ticket
        wrong side of .. rail|railing|bridge|fence|barrier|rails
        up there .. times|twice .. sat|stood
        feel+ .. peaceful|calm about it
        wont|not be needing
        funeral song|songs
        died|dead by|before my birthday
    """),
    Entry(_C, Slot.MEANS, "Has the means to hand", """
        i have|got a|the ?my rope|noose|ligature
        {pills} .. gone|missing|put|laid .. from|out|by|drawer|cupboard
        laid|lay|counted|lined ?out ?up .. {pills}
        got|have|ive enough .. to|for|tonight|and
        {deadly}|blades .. with her|him|me
        bread|kitchen knife .. myself|himself|herself
        save+|saved|stash+|collect+|keep+|hide+|hidden|stockpile+ .. {pills}
        {pills} .. sock|hidden|stash|saved|lined|row|drawer|counted
        have|got|has|with ... {deadly} .. with|in .. me|my|room|bag|hand|pocket
        rope|ligature|noose in|round|around .. room|neck|door
        {pills} .. in front of|on the|laid
        count+ .. {pills}
        edge of .. roof|platform|bridge|cliff
        looking|look+ at .. drop|tracks|tablets|pills|rope
        sitting|sat|stood|standing|stand+ .. roof|ledge|railings|tracks
    """),
    Entry(_C, Slot.ACT, "Says that an overdose was taken or a fatal act begun", """
        had|took|taken|swallowed ?the whole box|packet|bottle|lot|strip
        had|took|taken all of them|it
        what was in the cabinet|cupboard
        take+|took|swallow+ ... {pills}
        had all|loads|lots|the ?of ?my .. tablets|pills|paracetamol
        take+|took too many
        took all|loads|lots|them|some|the|every|a of|lot|whole|loads|all|load|about|last
        took them .. ago
        overdosed|overdose+ .. tonight|today|again|yesterday|this|last|on|just|and
        take+|took an overdose
        drank|drink|swallow+|drunk .. bleach|antifreeze|cleaner
        done it .. ago
        i have done it now
        taken|took something|summat|things|loads
        cut+ .. wrists|wrist|deep|artery
        cut+ too deep
        wont stop bleeding
        bleeding wont|does not|doesnt|isnt|not stop|stopping
        empty bottle|packet|packets|pack|blister
        was going to be another night to do it
        tried to .. kill|end|hang|drown
        tied|tie+ .. round|around .. neck
        tie+ .. ligature|ligatures
    """),
    Entry(_C, Slot.SELF_HARM, "Says that they, or somebody they name, hurt themselves now or lately", """
        daughter|son|sister|brother|friend|mate|girl|boy|lad ?is|has ?been self harm|harming|harmed|harms
        cuts|cutting .. tops|legs|arms|thighs|wrists
        started|doing|do|does self harm
        stopped eating .. faint|faints|weight|and
        arms|legs|wrists|forearm .. cuts|rows|stripes|lines|covered
        cut+ myself|himself|herself|themselves
        hurt+|harm+|burn+|starve+|scratch+|punish+ myself|himself|herself|themselves
        i|im|am|she|he|they|started|still|been|keep|keeps|again self harm|harming|harmed|harms
        self harm|harming|harmed|harms .. again|every|since|arms|legs|secret|still|most|daily
        i|ive|she|he|been|shes|hes|started cut+ again
        cut+ again last|on|this|tonight|yesterday|and
        been|started|start|keep+ .. cutting
        cant|dont stop cutting
        cutting .. legs|arms|wrists|thighs|worse
        cut+ .. my|her|his arm|arms|leg|legs|thigh|thighs|stomach
        razor|blade|sharpener|glass .. on|my|under|behind|in .. arm|arms|leg|legs|phone|room|case|sock|drawer
        has|have|got|showed|show+ .. marks|cuts|scars on|her|all .. arms|legs|arm|wrists
        showed|show+|shown me her|his|their arms|legs|arm|wrists
        fresh|open|new cuts|marks|scars|lines
        cutting up
        cant|dont stop .. cutting|scratching|burning|hurting
        punch+ walls|wall|the|myself .. hands|knuckles|split|bleed|open
        bang+ my|his|her head against|on|off
        starving myself
        not|havent|hasnt|never eaten|ate since
        make|made|making myself|herself .. sick
        sick after|every .. meal|meals|tea|dinner
        hide|hiding|bin|flush most|my|all|the ?my food|dinners|dinner|meals
        only thing .. mine|control|helps|works
    """),
    Entry(_C, Slot.PASSIVE, "Wishes not to be here, without saying that they mean to act", """
        wish .. wouldnt|didnt|dont|not wake|woken
        hope .. dont|not wake
        wish|wished i was|wasnt|werent|had|never .. here|born|alive|dead|around|existed
        wouldnt|would|doesnt matter if .. wasnt|gone|here|disappeared
        if i disappeared|disappear|vanished|died|wasnt
        better off without me
        better without me
        nobody would|ud notice|miss|care|cry
        no one would notice|miss|care
        go to sleep and .. not|never
        want to disappear|vanish|sleep|stop|fade
        what is|the point .. anymore|living|me|of
        dont|not care if .. live|die|wake|happens
        cant see a future|point
        hate being alive
        not exist
        dont want to exist
        tired of .. living|life|being|everything|trying
        ceiling ... die
    """),
    Entry(_C, Slot.PLACE, "Names a place where people have died", """
        on|at|by|off|near|up|to|over|in the|a .. bridge|viaduct|tracks|reservoir|weir|ledge|cliff|multistorey|railings|roof
        edge of .. platform|roof|cliff|bridge
        trains .. dont stop
        next|fast train|one .. through|stop
        high tide|tides
        top floor|deck .. car park
        """),
    Entry(_C, Slot.HINT, "Mentions self-harm, an overdose or suicide, with no more said", """
        long sleeves
        sleeves .. heat|summer|hot|june|july
        self harm|harming|harmed|harms
        selfharm+
        overdose+
        overdosed
        dont|not trust myself|me tonight|with|around|to
        scars
        starve+|starving
        """),
)  # fmt: skip
