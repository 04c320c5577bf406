"""How people shorten and misspell words on a phone. Each entry says what it stands for; a reviewer may add a line."""

from typing import Final

_LINES: Final = """
kms: kill myself
kys: kill yourself
unalive unaliving unalived: kill
sewerslide suacide sucide suicde: suicide
sh: self harm
oded: overdosed
im: i am
ive: i have
hes: he is
shes: she is
theyre: they are
youre ur: your
theres: there is
whos: who is
its: it is
thats: that is
gonna gunna gna gon finna boutta bouta: going to
wanna wana wna: want to
gotta: got to
u ya yu: you
r: are
n nd: and
w wiv wif: with
b4: before
bc cos coz cuz becos bcos cause: because
dnt dunt donot: dont
cnt cannot: cant
wnt: want
didnt didn: didnt
doesnt dosent dosnt: doesnt
havent havnt aint: havent
hasnt hasent: hasnt
nobdy: nobody
sum1 some1 sumone: someone
no1: nobody
any1 ne1: anyone
every1: everyone
evry evrey: every
nite nites nyt: night
2nite tonite 2night tonyt 2nyt: tonight
tmrw tmr tmw tomoz 2moro tomorro tommorow tomorow 2moz: tomorrow
yday yest yesterdy: yesterday
mrng mornin: morning
rn: right now
atm: right now
2day: today
m8: mate
bf boyf: boyfriend
gf girlf: girlfriend
bro brov bruv bruther: brother
sis: sister
mam mummy mumy mumma mama mom ma: mum
daddy dady da pa father papa: dad
nanna nana nanny gran grandma granny nani gramma: nan
grandpa granddad gramps grampa grandfather: grandad
wk: week
wks: weeks
wkend wkends wkds: weekend
abt bout: about
thru: through
tho: though
tht dat: that
wen: when
wot wat: what
wid: with
dis: this
hav: have
hittin: hitting
touchin: touching
cuttin: cutting
makin: making
sleepin: sleeping
hidin: hiding
goin: going
comin: coming
runnin: running
tryin: trying
screamin: screaming
nothin nuthin nuffin nowt: nothing
owt: anything
breeving breething breving breathin: breathing
summat somethin: something
pics pix pic: picture
vids vid: video
msgs msg: message
sw: social worker
ppl: people
plz pls: please
skool scool: school
mesage: message
bathrm: bathroom
xtra: extra
frm: from
gt: got
bk: back
weds: wednesday
thurs: thursday
fri: friday
tues: tuesday
yr yrs: years
mins: minutes
min: minutes
hrs hr: hours
"""

TXT: Final[dict[str, tuple[str, ...]]] = {
    short.replace("'", ""): tuple(full.split())
    for line in _LINES.strip().splitlines()
    for shorts, full in [line.split(": ")]
    for short in shorts.split()
}

EMOJI: Final[dict[str, str]] = {"💊": "pills", "🔪": "knife", "🩸": "blood", "🔫": "gun", "🪢": "rope"}
