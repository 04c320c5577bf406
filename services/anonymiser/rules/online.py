"""E-mail addresses, web addresses and handles, as typed, spoken or disguised.

| written | label |
| --- | --- |
| mo_1@example.org, tia @ example . com, i.obi(at)vale(dot)example | EMAIL |
| jayden dot brown at example dot com | EMAIL |
| www.example.org/x, https://..., clipbox.example/v/9 | URL |
| @dee.cooks, "snap is mika.fox_09", moMo#4471, xX_Tee_Xx | HANDLE |
"""

import re

from services.anonymiser.rules.common_words import COMMON
from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

_ENDING = r"(?:co|com|org|net|uk|example|info|gov|nhs|ac|sch|io|me|tv|biz|eu|ie|cymru|scot|wales|test|invalid|app|dev)"
_SAID_DOT = r"(?: ?[\[(]?(?:\bdot\b|\.)[\])]? ?)"
_NAME = r"[\w.+'-]{1,64}"
_JOINED = r"(?: (?:dot|underscore|dash|hyphen|plus) [\w]{1,32})"
_EMAILS = (
    re.compile(rf"{_NAME}{_JOINED}{{0,5}}@[\w-]{{1,63}}(?:{_SAID_DOT}[\w-]{{1,63}}){{0,4}}"),
    re.compile(rf"{_NAME}{_JOINED}{{0,5}}\s?@\s[\w-]{{1,63}}(?:{_SAID_DOT}[\w-]{{1,63}}){{1,4}}"),
    re.compile(
        rf"[\w.+-]{{1,64}}{_JOINED}{{0,5}} ?[\[(]? ?\bat\b ?[\])]? ?[\w-]{{1,63}}(?:{_SAID_DOT}[\w-]{{1,40}}){{0,3}}{_SAID_DOT}{_ENDING}(?![\w])"
    ),
)
_URLS = (
    re.compile(
        r"(?:https?:/{1,2}|www\.)[^\s<>\"\ue000-\ue002]{1,300}(?: ?/ ?[\w/-]{1,60}(?=\s[\w/]*[0-9]|[)\s.,]|$))?(?:(?<=/) [a-z0-9]{0,12}/? ?[a-z0-9/]{0,12}[0-9][a-z0-9/]{0,20})?"
    ),
    re.compile(
        rf"(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}{_ENDING}(?:/[^\s<>\"\ue000-\ue002]{{0,200}})?(?![\w@])"
    ),
)
_KEPT = re.compile(
    r"(?:https?://)?(?:www\.)?(?:[a-z-]+\.)?(?:gov|nhs)\.uk|(?:https?://)?(?:www\.)?(?:childline|nspcc|samaritans|ofsted)\.org(?:\.uk)?"
)
_PLACES = r"(?:snap(?:chat)?|insta(?:gram)?|ig|tik ?tok|discord|xbox|psn|ps[45]|steam|twitter|roblox|fortnite|youtube|facebook|fb|handle|username|user name|gamertag|gamer tag|screen name|channel|dms?)"
_HANDLES = (
    re.compile(r"(?<![\w.@])@ ?[a-z0-9_][\w.-]{1,38}"),
    re.compile(r"(?<![\w@])[a-z][\w.]{1,30}#[0-9]{3,5}(?!\w)"),
    re.compile(r"(?<![\w@./-])(?=[a-z0-9.]*_)(?=[0-9_.]*[a-z])[a-z0-9_.]*[a-z0-9](?![\w@])"),
)
_CUED = re.compile(
    rf"\b{_PLACES}(?: (?:name|user|handle|account|tag))?(?:'?s| is|:| as| called| its| it's| under| @|,)?(?: now| also| called)?[ :]{{1,2}}([a-z0-9_][\w.]{{2,30}})"
)
_DOTTED = re.compile(r"\b(?:im|i'm|is|as|add|or|and) ([a-z]{2,15}(?:\.[a-z0-9_]{2,15}){2,4})(?![\w@])")
_STRANGE = re.compile(r"[0-9_.#]")


def find(folded: Folded) -> Finds:
    text = folded.text
    if "@" in text or "at" in text:
        for pattern in _EMAILS:
            for match in pattern.finditer(text):
                start = match.start() + len(match.group()) - len(match.group().lstrip("'.-+"))
                yield Found(start, match.end(), "EMAIL", DIRECT, "e-mail")
    for pattern in _URLS:
        for match in pattern.finditer(text):
            said = match.group().rstrip(".,;:!?)'\"")
            if not _KEPT.match(said):
                yield Found(match.start(), match.start() + len(said), "URL", DIRECT, "web address")
    for pattern in _HANDLES:
        for match in pattern.finditer(text):
            if any(c.isalpha() for c in match.group()) and not (
                match.group().startswith("@ ") and match.group()[2:] in COMMON
            ):
                yield Found(
                    match.start(), match.start() + len(match.group().rstrip(".-")), "HANDLE", DIRECT, "handle"
                )
    for match in (*_CUED.finditer(text), *_DOTTED.finditer(text)):
        word = match.group(1).rstrip(".")
        if word not in COMMON and (_STRANGE.search(word) or " is" in match.group() or "@" in match.group()):
            yield Found(match.start(1), match.start(1) + len(word), "HANDLE", DIRECT, "handle")
