"""A table for each recogniser: what people write, and what of it is taken."""

import pytest

from services.anonymiser.rules import redact
from services.anonymiser.rules.health_numbers import nhs_checksum


def taken(words: str) -> list[tuple[str, str]]:
    return [(s.label, words[s.start : s.end]) for s in redact(words).spans]


@pytest.mark.parametrize(
    ("words", "phone"),
    [
        ("my number is 07700900123 txt me", "07700900123"),
        ("call 07700 900 123 after school", "07700 900 123"),
        ("ring 07700.900.123", "07700.900.123"),
        ("its +44 7700 900123", "+44 7700 900123"),
        ("its 0044 7700 900123", "0044 7700 900123"),
        ("its 0 7 7 0 0 9 0 0 1 2 3 now", "0 7 7 0 0 9 0 0 1 2 3"),
        ("its 077oo 9oo l23", "077oo 9oo l23"),
        ("its oh double seven double oh nine hundred one two three ok", "oh double seven double oh nine hundred one two three"),
        ("its 0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣", "0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣"),
        ("its ０７７００９００１２３", "０７７００９００１２３"),
        ("office (01632) 960 552 ext 4", "(01632) 960 552 ext 4"),
        ("its 07700 90012 and one is missing", "07700 90012"),
    ],
)  # fmt: skip
def test_phones_go_in_every_spelling(words: str, phone: str) -> None:
    assert ("PHONE", phone) in taken(words)


@pytest.mark.parametrize(
    "words",
    [
        "i rang childline on 0800 1111",
        "oh eight hundred one one one one is childline",
        "samaritans are 116 123",
        "text SHOUT to 85258",
        "we called 999 and then 101",
        "0800 1111, 116 123",
    ],
)
def test_helplines_stay(words: str) -> None:
    assert redact(words).words == words


def test_a_helpline_beside_a_phone_stays() -> None:
    assert redact("0800 1111 or 07700 900123").words == "0800 1111 or [PHONE 1]"


@pytest.mark.parametrize(
    ("words", "label", "text"),
    [
        ("postcode is m14 5tq ok", "POSTCODE", "m14 5tq"),
        ("its OL84PX", "POSTCODE", "OL84PX"),
        ("its L S 8 4 P X or so", "POSTCODE", "L S 8 4 P X"),
        ("I live in M33, it is loud", "POSTCODE", "M33"),
        ("nhs number is 943 476 5919", "NHS_NUMBER", "943 476 5919"),
        ("NHS 999-123-4578 it says", "NHS_NUMBER", "999-123-4578"),
        ("my ni is AB123456C", "NINO", "AB123456C"),
        ("national insurance qq 10 37 59 a", "NINO", "qq 10 37 59 a"),
        ("mail kofi.m_1@example.org plz", "EMAIL", "kofi.m_1@example.org"),
        ("its tia_b99 @ example . com", "EMAIL", "tia_b99 @ example . com"),
        ("its ada dot brown at example dot com", "EMAIL", "ada dot brown at example dot com"),
        ("write i.obi(at)vale(dot)example", "EMAIL", "i.obi(at)vale(dot)example"),
        ("see www.example.org/ada.h.12", "URL", "www.example.org/ada.h.12"),
        ("see https://example.org/ada", "URL", "https://example.org/ada"),
        ("add me @zee.from.there", "HANDLE", "@zee.from.there"),
        ("my snap is adaj_h2009", "HANDLE", "adaj_h2009"),
        ("discord is moMo#4471", "HANDLE", "moMo#4471"),
        ("case number ZW23C00123 was lost", "CASE_NUMBER", "ZW23C00123"),
        ("complaint ref CSC/24/00917", "CASE_NUMBER", "CSC/24/00917"),
        ("crime no 05/9917/25", "CASE_NUMBER", "05/9917/25"),
        ("the court one is s e two two p zero zero eight", "CASE_NUMBER", "s e two two p zero zero eight"),
        ("his car is YK19 ZXC", "ID_NUMBER", "YK19 ZXC"),
        ("reg bd51smr outside", "ID_NUMBER", "bd51smr"),
        ("student id S2041178", "ID_NUMBER", "S2041178"),
        ("sort 00-99-41 it is", "ID_NUMBER", "00-99-41"),
        ("i live at 14 harrow lane", "ADDRESS", "14 harrow lane"),
        ("its flat 3b, 22 oak street", "ADDRESS", "flat 3b, 22 oak street"),
        ("at forty two partridge avenue", "ADDRESS", "forty two partridge avenue"),
        ("four families on Copperas Row know", "ADDRESS", "Copperas Row"),
        ("dob 12/03/2009", "DOB", "12/03/2009"),
        ("i was born on 4th july 2010", "DOB", "4th july 2010"),
        ("born twelfth of the ninth two thousand and ten", "DOB", "twelfth of the ninth two thousand and ten"),
        ("they came on 14th of november 2022", "DATE", "14th of november 2022"),
        ("court was tues 5th march", "DATE", "tues 5th march"),
        ("im 14 and sad", "AGE", "14"),
        ("my 6yr old brother", "AGE", "6yr old"),
        ("a fifteen year old girl", "AGE", "fifteen year old"),
        ("she is in year 5", "AGE", "year 5"),
        ("i go to trinity academy", "SCHOOL", "trinity academy"),
        ("at Roundhay School", "SCHOOL", "Roundhay School"),
        ("staff at the willows shout", "HOME", "the willows"),
        ("moved to Rowan House again", "HOME", "Rowan House"),
        ("staff at oakdene shout", "HOME", "oakdene"),
        ("the Ridgeback Taxis man", "ORG", "Ridgeback Taxis"),
        ("they put me in wigan", "LOCATION", "wigan"),
        ("leicester city council said no", "LOCAL_AUTHORITY", "leicester city council"),
        ("took by sandwell childrens services", "LOCAL_AUTHORITY", "sandwell"),
        ("my dog is called Bramble", "OTHER", "Bramble"),
    ],
)  # fmt: skip
def test_each_kind_is_taken(words: str, label: str, text: str) -> None:
    assert (label, text) in taken(words)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("hiya im kayleigh", "kayleigh"),
        ("my name is Kofi Mensah", "Kofi Mensah"),
        ("my sister zzadie got moved", "zzadie"),
        ("sw is Tamsleigh", "Tamsleigh"),
        ("my teacher mrs brundle", "brundle"),
        ("grace is my foster carer", "grace"),
        ("i miss faith so much", "faith"),
        ("mark my iro is the only one", "mark"),
        ("will from social services", "will"),
        ("thankskofi he typed", "kofi"),
        ("its kifah k i f a h", "k i f a h"),
        ("Chloe💔Ryan", "Ryan"),
        ("TELL STEPHEN I LOVE HIM", "STEPHEN"),
        ("we saw joyyy", "joyyy"),
        ("wrote it myself.\n\nDeeqa Warsame", "Deeqa Warsame"),
        ("Ms K said so and it was D.O. who wrote", "D.O."),
    ],
)
def test_people_are_taken(words: str, name: str) -> None:
    assert name in [text for label, text in taken(words) if label == "PERSON"]


@pytest.mark.parametrize(
    "words",
    [
        "may I say the LAC review in may was a joke, nobody listens",
        "There was a grace period of 8 weeks after the Section 20 agreement ended",
        "will someone please ring back, I have been waiting since last may",
        "they let me have a bath at 7 and bed at 8 like a baby",
        "you shouldnt be out on your own at 18, support should go up to 25",
        "Hope is the only thing that kept me going, hope and music",
        "The Children Act 1989 says the child's welfare is paramount so act like it",
        "mark my words nothing will change, it is all a big chance for them to look good",
        "my pa said the pathway plan was done but I never signed it",
        "joy is when they let you see your brothers and sisters every week",
        "leeds united won and it was the best day",
        "£10,000 a week for that place",
        "",
    ],
)
def test_plain_words_stay(words: str) -> None:
    assert redact(words).words == words


@pytest.mark.parametrize(
    ("digits", "valid"), [("9434765919", True), ("9434765918", False), ("9990000000", False)]
)
def test_nhs_numbers_are_checked(digits: str, valid: bool) -> None:
    assert nhs_checksum(digits) is valid
