"""The grammar around a name: who says "im X", "my sister X", "X is my carer", "X said", "love from X"."""

import re

from services.anonymiser.rules.common_words import all_of
from services.anonymiser.rules.fold import Word
from services.anonymiser.rules.spans import Folded

_KIN = (
    "mum mums mom mam dad dads nan nana gran granny grandad grandma taid nain bro brother sis sister son daughter cousin niece nephew uncle auntie aunty aunt "
    "stepdad stepmum stepbrother stepsister husband wife partner boyfriend girlfriend bf gf mate mates bestie friend baby twin grandson granddaughter kids lad pal"
)
_ROLES = (
    "sw worker carer carers keyworker pa iro advocate solicitor soliciter barrister judge guardian teacher tutor manager adviser advisor mentor counsellor staff social "
    "gp midwife nurse therapist psychologist officer supervisor leader head senco neighbour parent parents fosters interpreter driver chair lady"
)
KIN = frozenset(_KIN.split())
ROLES = frozenset(_ROLES.split())
TITLES = all_of(
    """
    mr mrs ms miss mx dr doctor sir pc wpc pcso cllr councillor rev rev'd revd reverend pastor imam hhj
    judge sgt sergeant auntie aunty uncle father professor prof
    """
)
AFTER_TITLE_NOT = all_of(
    """
    and i is was the a an my it that this him her them you u me us we they he she of in on for to so not
    no but or mrs ms mr judge manager social worker teacher justice home school
    """
)

# words that hold a sentence together, and are names too
GRAMMAR = all_of(
    """
    an can my van so any may will mark bill long do den son art given like mei page don way bay dean
    king long pat ty day ray tan bell
    """
)
SMALL_WORDS = all_of(
    """
    so an can my any like do love man way long even
    """
)
CAPITAL_ANYWAY = all_of(
    """
    may june april august march sunday christian heaven bay friday roman german paris london georgia
    jordan victoria chelsea home red amber green sky spring summer autumn winter hope mercy justice
    prince king
    """
)

_STRONG = re.compile(
    r"(?:\b(?:my|her|his|their|our|the|whose|sisters?|brothers?|sons?|daughters?|mums?|sw|kids?) (?:real |full |first |birth |old )?names?(?:'s| is| was|)\s|\bname[: ]{1,2}(?:is )?|\b(?:is|im|i'm|was|were|are|be|hes|shes|he's|she's|lad|girl|boy|man|woman|lady|called|named|one) (?:called|named|known as)\s"
    r"|\bcalled\s|\bnamed\s|\bknown as\s|\b(?:im|i'm|i am|its|it's|it is|this is|hi its|here is|ask for|shout out to|says hi|signed|called me|call me|short for|goes by|people say|poem for|poem by|written by|love from|say hi to|regards)[,:]?\s(?:um |er )?)$"
)
_IDENTITY = re.compile(r"\b(?:im|i'm|i am|its|it's|it is|this is)\s(?:um |er )?$")
_KIN_BEFORE = re.compile(
    rf"\b(?:{'|'.join(sorted(KIN | ROLES, key=len, reverse=True))})(?:\s?[,(:-]{{1,2}}\s?|\s(?:is |was |called |is called |name is |names |named |now is )?)$"
)
_ADDRESSED = re.compile(
    r"\b(?:tell|ask|told|asked|miss|hi|hey|dear|love|luv|see|saw|with|from|by|for|left|visit|trust|met|near|to|than|and|n|me and|thanks|thank you|cheers|about|like|lost|hug|rang|called|if|when|wen|then|at|got|placed with|live with)\s$"
)
_AFTER = re.compile(
    r"(?:'s|s)?\s(?:here\b|ere\b|speaking\b|(?:is|was|was|is only|wasnt|isnt)\s(?:my|our|his|her|their|a good|the best\b|in\b|only \ue002|only [0-9]|[0-9]|lovely|nice|great|good|kind|amazing|still|gone|moving|\ue002)"
    r"|my\s(?:iro|sw|social|key|carer|foster|advocate|pa|step|sister|brother|mum|dad|nan|mate)|(?:from|at) (?:social|the (?:team|council|office|fostering|youth|home|agency))"
    r"|(?:said|says|told|tells|asked|asks|rang|rings|cried|cries|came|comes|goes|went|left|wrote|helped|helps|thinks|wants|wanted|hates|hated|shouts|shouted|knows|knew|stopped|lives|lived|sleeps|slept|wont|won't|aint|ain't|cant|can't|doesnt|doesn't|didnt|didn't|hit|got|gets|gave|gives|needs|likes|loves|never|always|used|had|has|made|makes|kept|listened|listens|taught|died|promised|took|sat|looked|smiled|laughed|played|moved|turned|teaches|pays|isnt|isn't|wasnt|wasn't|hasnt|hasn't|ran|will cry|worked|works|visited|checks|checked|bought|found|started|tried)\b)"
    r"|'s\s(?:mum|dad|nan|mam|foster|carer|social|sw|house|room|file|birthday|school|story|brother|sister|family|bed|case|plan|teacher|phone)\b"
    r"|s\s(?:mum|dad|foster|carer|social|sw|house|room|sister|brother)\b"
    r"|\s?[,(]\s?(?:[0-9]{1,2}\b|\ue002|my\b|our\b|who\b|aged\b|age\b|year\b|yr\b|his\b|her\b)"
)
_WHOSE = re.compile(
    r"(?:'s|s)?\s(?:is|was) (?:my|our|his|her)\b|\smy (?:iro|sw|social|key|carer|foster|advocate|pa|brother|sister)|\s(?:will|wont|said|says|cant|rang|told|came|isnt|left|last rang|pays|got|cried|used to|had|has|taught|helped)\b|\sfrom (?:social|the)\b"
)
_END = re.compile(
    r"(?:'s|s)?(?:\s?[.,!?;:)\"-]|\s?\n|\s?$|\s(?:and|n|&|x+|im|i|he|she|is|was|who|said|says|from|here|my|but|because|cos|told|ask|has|at|in|aged|got|its|they|with|says|can|cant|wont|always|never|will|to|the|for|left|comes|came|when|ok|pls|plz|please|did|does|does|had|only|or|then|a|like|we|u|you|tho|so|be|been|up|about|back|any|again|every|isnt|upstairs|off|out|over|on)\b|\s?[\ue000-\ue002])"
)
_SIGNED = re.compile(
    r"(?:[.!?,\n-]|\b(?:love|luv|regards|thanks|thx|ty|ta|from|cheers|sincerely|faithfully|x+))\s{0,3}-?\s{0,2}$"
)
_TAIL = re.compile(r"\s?(?:x+|\.|!|xo)*\s*$")
_LINE = re.compile(r"[\s.]*\n|[\s.]*$")
_INITIAL_BEFORE = re.compile(
    r"(?:\b(?:child|of|for|with|and|to|by|from|that|when|worker|girl|boy|is|miss|mr|mrs|ms|dr|called|me|my|at)\s|[-(\"\n]\s?)$"
)
_NOT_INITIAL = re.compile(r"\s(?:wing|block|level|levels|road|plan|class|form|set|team|ward|section|and b\b)")


def titled(words: tuple[Word, ...], i: int) -> bool:
    """Say whether a title stands before: "mr khan", "Miss K". "I miss" is no title."""
    if i == 0 or words[i].gap not in (" ", ". ", ".") or words[i - 1].text not in TITLES:
        return False
    title = words[i - 1]
    plain = (
        title.text == "miss"
        and i > 1
        and words[i - 2].text
        in ("i", "we", "you", "u", "they", "really", "still", "to", "and", "will", "dont", "ill", "he", "she")
    )
    return not plain and len(words[i].base) > 0


def strong_before(folded: Folded, i: int) -> bool:
    words = folded.words
    word = words[i]
    if titled(words, i):
        return True
    before = max(0, word.start - 40)
    if _KIN_BEFORE.search(folded.text, before, word.start):
        return (
            closes(folded, i)
            or (word.capital and folded.minds_capitals)
            or bool(_AFTER.match(folded.text, word.base_end))
        )
    if _STRONG.search(folded.text, before, word.start):
        return not _IDENTITY.search(folded.text, before, word.start) or closes(folded, i)
    return False


def points_at(folded: Folded, i: int) -> bool:
    """Say whether the surest cues stand before, whatever follows: for the second look."""
    word = folded.words[i]
    before = max(0, word.start - 40)
    kin = _KIN_BEFORE.search(folded.text, before, word.start)
    named = _STRONG.search(folded.text, before, word.start) and not _IDENTITY.search(
        folded.text, before, word.start
    )
    return titled(folded.words, i) or bool(named) or (bool(kin) and closes(folded, i))


def named_before(folded: Folded, i: int) -> bool:
    """Say whether the words "name" or "called" stand before, so that even "can" is a name."""
    word = folded.words[i]
    before = max(0, word.start - 40)
    found = _STRONG.search(folded.text, before, word.start)
    return found is not None and ("name" in found.group() or word.base not in ("so", "an", "my"))


def closes(folded: Folded, i: int) -> bool:
    """Say whether what follows fits a name: an end, a verb, "and"."""
    return bool(_END.match(folded.text, folded.words[i].base_end))


def whose(folded: Folded, i: int) -> bool:
    """Say whether a word that is usually grammar does what only a person does: "will said", "mark my iro"."""
    word = folded.words[i]
    addressed = bool(
        re.search(
            r"\b(?:tell|told|miss|ask|asked|hi|from|with|dear|when|love)\s$",
            folded.text[max(0, word.start - 8) : word.start],
        )
    ) and closes(folded, i)
    return addressed or (word.opens and bool(_WHOSE.match(folded.text, word.base_end)))


def after(folded: Folded, i: int) -> bool:
    word = folded.words[i]
    opens = (
        word.opens
        or (folded.minds_capitals and word.capital)
        or i == 0
        or bool(_ADDRESSED.search(folded.text, max(0, word.start - 14), word.start))
    )
    return opens and bool(_AFTER.match(folded.text, word.base_end))


def weak_before(folded: Folded, i: int) -> bool:
    word = folded.words[i]
    return bool(_ADDRESSED.search(folded.text, max(0, word.start - 14), word.start)) and closes(folded, i)


def signs(folded: Folded, i: int) -> bool:
    """Say whether a word stands where a signature does: alone on a line, or last after "love" or a full stop."""
    word = folded.words[i]
    if i + 1 == len(folded.words) or (i + 2 == len(folded.words) and set(folded.words[i + 1].text) == {"x"}):
        return (
            i > 2
            and bool(_SIGNED.search(folded.text, max(0, word.start - 16), word.start))
            and bool(_TAIL.match(folded.text, word.end))
        )
    alone = "\n" in word.gap and bool(_LINE.match(folded.text, word.end)) and "\n" in folded.words[i + 1].gap
    return alone and word.capital


def ends_with_cue(text: str, start: int) -> bool:
    return (
        bool(
            _KIN_BEFORE.search(text, max(0, start - 40), start)
            or _STRONG.search(text, max(0, start - 40), start)
        )
        or start == 0
    )


def initial_alone(folded: Folded, word: Word) -> bool:
    before = _INITIAL_BEFORE.search(folded.text, max(0, word.start - 12), word.start)
    return bool(before) and not _NOT_INITIAL.match(folded.text, word.end)
