"""Invented texts by invented people, from numbers that Ofcom keeps for drama. Nothing here happened to anybody."""

from typing import Final, NamedTuple


class Said(NamedTuple):
    """One text. `who` is the end of a drama number: 07700 900 and three digits."""

    who: int
    words: str


URGENT: Final = Said(
    301,
    "my mums boyfriend has locked us in and hes got a knife. me and my brother are under the bed pls help now",
)
HELP: Final = Said(302, "HELP")
STOP: Final = Said(303, "STOP")
POLISH: Final = Said(
    304,
    "Dzień dobry, mój syn jest w rodzinie zastępczej od dwóch lat i nikt nie mówi po polsku na spotkaniach. Bardzo proszę o tłumacza.",
)
EMPTY: Final = Said(305, "")
LONG: Final = Said(306, "What helped was small things. " * 330)
RETRIED: Final = Said(
    307, "my social worker Becky Holroyd rang every friday like she said. that is all i wanted to say"
)

THREADS: Final = (
    Said(310, "hi is this the review thing"),
    Said(310, "im 14 and ive moved 6 times. my name is Tyler"),
    Said(310, "tyler again. each time they pack my stuff in bin bags"),
    Said(310, "a suitcase would be nice. thats it bye"),
    Said(311, "not sure if i should say this"),
    Said(311, "my foster dad hits me when my foster mum is at work"),
    Said(311, "jk"),
    Said(312, "I am a kinship carer for my two grandchildren in Leeds."),
    Said(312, "We got no allowance for the first eleven months. My name is Margaret Okafor if you need it."),
    Said(312, "The health visitor was wonderful though."),
    Said(313, "can i text more than once"),
    Said(313, "ok so my sister lives 90 miles away and we see each other twice a year"),
    Said(313, "her names kayleigh. i miss her every day"),
)

CONCERNS: Final = (
    Said(320, "I dont want to be here any more. i have thought about how"),
    Said(
        321, "a man in a car gives my friend phones and money and she has to go with him at weekends. shes 13"
    ),
    Said(322, "i ran away from the home last night im at a mates dont tell them"),
    Said(323, "my stepdad comes in my room at night and i pretend to be asleep"),
    Said(324, "sometimes i wish i wouldnt wake up"),
    Said(325, "I was beaten in a children's home in the 1980s. The man is dead now. I want it written down."),
    Said(326, "he used to hit mum when i was little. we live with nan now and its calm"),
)

ORDINARY: Final = (
    Said(330, "My IRO remembered my birthday. More people like her please"),
    Said(331, "why do i have to tell my story again to every new worker"),
    Said(332, "Being adopted at 4 was the best thing that happened to me."),
    Said(333, "they closed our youth club in rotherham and now theres nothing to do"),
    Said(334, "I think every child should have one person who stays."),
    Said(335, "my pa helped me with my flat application. 10/10"),
    Said(336, "contact in a room with a camera is not contact its an exam"),
    Said(337, "when I left care I had a bin bag and a mattress. age 18. nobody rang"),
    Said(338, "the advocate from the charity explained everything, first time somebody did"),
    Said(339, "as a foster carer of 20 years: listen to us, we see them at breakfast"),
    Said(340, "my brother and me got placed together in the end. it took 2 years"),
    Said(341, "please stop moving children"),
    Said(342, "as an adopter i would say the support ends the day the order is made"),
    Said(343, "My daughter is disabled and short breaks have saved our family."),
    Said(344, "we got a new house and i have my own room now and a cat called biscuit"),
    Said(345, "social worker number 9. she seems nice. they all seem nice"),
    Said(346, "In prison I met four lads from my old children's home. That tells you something."),
    Said(347, "dad got help with drinking and im home again. thank u whoever decided"),
    Said(348, "I work in a school. We refer and refer and hear nothing back."),
    Said(349, "nobody asked me before the court. i was 11 i could of told them"),
    Said(350, "what works: food in the fridge and somebody asking how school was"),
    Said(351, "I cried laughing at our contact today, we made pancakes. good day"),
    Said(352, "The leaving care grant does not buy a cooker and a bed. It buys one."),
    Said(353, "ppl in suits talk over my head in my own review meeting"),
    Said(354, "im deaf and my last 3 workers couldnt sign. not one"),
    Said(355, "Mr Adeyemi at my school Northfield Academy is the reason i stayed"),
    Said(356, "if you read this: sisters should live together"),
    Said(357, "We are travellers. They look at the caravan before they look at the child."),
    Said(358, "my email is sam.w@example.org if you want to hear the rest"),
    Said(359, "rang duty team 4 times on 07700 900999 nobody picks up after 5"),
    Said(360, "the judge wrote me a letter. a real one. i still have it"),
    Said(361, "I got moved the day before my gcses."),
    Said(362, "nan says im allowed to say it was good in the end"),
    Said(363, "respite once a month would have kept us going"),
    Said(364, "who decides when i can cut my hair. i am 15"),
    Said(365, "Thank you for asking. Nobody has, in thirty years."),
)
