"""The papers of an invented lending library for tools, and what is asked of them."""

from converters import papers
from converters.papers import Block

_LEAVE: list[list[Block]] = [
    [
        ("title", "Leave and absence"),
        ("text", "This policy applies to all staff of the Larkfield Tool Library, whether they work full time or part time. It took effect on 1 February 2026 and replaces the policy of 2021."),
        ("heading", "Annual leave"),
        ("text", "Full-time staff have 27 days of paid leave a year. Up to 6 days may be carried into the next year; they lapse on 30 April. Part-time staff have leave in proportion to their hours."),
        ("heading", "Asking for leave"),
        ("text", "Requests go to the duty manager at least 15 working days before the first day of leave. In July and August no more than two people may be away at the same time."),
    ],
    [
        ("heading", "Absence by reason"),
        ("table", [["Reason", "Paid days", "Proof needed"], ["Moving house", "1", "none"], ["Own wedding", "3", "certificate"], ["Birth of a child", "10", "certificate"], ["Jury service", "as served", "summons"]]),
        ("heading", "Illness"),
        ("text", "Call the desk before 8:40 on the first day of illness. A doctor's note is needed from the fourth day on."),
    ],
]  # fmt: skip
_SAFETY: list[list[Block]] = [
    [
        ("title", "Workshop safety rules"),
        ("text", "Nobody works in the workshop alone. At least two people must be within calling distance whenever a machine runs."),
        ("heading", "Protective equipment"),
        ("bullet", "Eye protection is worn at every machine, also by people who only watch."),
        ("bullet", "Hearing protection is worn above 80 decibels; the planer reaches 96 decibels."),
        ("bullet", "Gloves are never worn at the lathe or the drill press."),
    ],
    [
        ("heading", "Fire"),
        ("text", "The assembly point is the car park behind the bakery. Oily rags go into the red steel bin, which is emptied every evening."),
        ("table", [["Extinguisher", "Place", "Next check"], ["Foam", "Entrance", "March 2027"], ["Carbon dioxide", "Switch room", "June 2027"], ["Powder", "Spray booth", "January 2027"]]),
        ("heading", "First aid"),
        ("text", "The first-aid box hangs beside the sink. The trained first-aiders are Ines Halloran and Marek Dvorak."),
    ],
    [
        ("heading", "Machines that need a licence"),
        ("text", "The table saw, the planer and the laser cutter may be used only with a yellow card. The course takes 3 evenings, and the card is valid for 24 months."),
    ],
]  # fmt: skip
_REPORT: list[list[Block]] = [
    [
        ("title", "Annual report 2025"),
        ("text", "In 2025 the library lent 18,460 items, 11 percent more than the year before. The item lent most often was the carpet cleaner, followed by the tile cutter."),
        ("heading", "Members"),
        ("text", "At the end of the year there were 2,315 members. 412 people joined and 187 left."),
    ],
    [
        ("heading", "Money"),
        ("table", [["Item", "2024", "2025"], ["Membership fees", "61,200", "68,900"], ["Grants", "24,000", "19,500"], ["Course fees", "8,750", "12,340"], ["Repairs", "-14,100", "-16,820"]]),
        ("text", "The new delivery bicycle cost 4,180 euros. It was paid for by a grant of the city."),
    ],
]  # fmt: skip
_ONBOARDING: list[Block] = [
    ("title", "Your first week"),
    ("heading", "Day one"),
    ("text", "You meet your buddy at 9:15 in the kitchen. Your buddy keeps by your side for the first four weeks."),
    ("bullet", "Collect your key from Rosalind Achterberg; the deposit is 40 euros."),
    ("bullet", "Have your photograph taken for the badge."),
    ("bullet", "Sign the safety rules before you enter the workshop."),
    ("heading", "Accounts"),
    ("text", "Passwords have at least 14 characters. The account is locked after 5 wrong attempts, and the help desk unlocks it."),
    ("heading", "Whom to ask"),
    ("table", [["Question", "Person", "Extension"], ["Pay", "Tobias Lindqvist", "214"], ["Keys", "Rosalind Achterberg", "230"], ["Computers", "Yusuf Demir", "251"]]),
]  # fmt: skip
_EXPENSES: list[Block] = [
    ("title", "Expenses"),
    ("heading", "Travel"),
    ("text", "Trains are booked in second class. The rate for your own car is [-0.28-][+0.34+] euros per kilometre."),
    ("note", "From 1 March 2026; before, it was lower."),
    ("heading", "Meals"),
    ("text", "Meals on a journey are paid up to 32 euros a day. Alcohol is never paid for."),
    ("heading", "Handing in"),
    ("text", "Claims are handed in within 60 days, with receipts. Claims above 500 euros need the signature of the treasurer, Beatrix Oyelaran."),
]  # fmt: skip
_MINUTES: list[Block] = [
    ("title", "Minutes of the board, 14 September 2026"),
    ("text", "Present were Beatrix Oyelaran, Henrik Sandoval, Ines Halloran and Priya Castellanos. Henrik Sandoval took the chair."),
    ("heading", "Decisions"),
    ("bullet", "The laser cutter will be replaced in November; the budget is 7,900 euros."),
    ("bullet", "The library opens on Sundays from 4 October 2026, as a trial of six months."),
    ("bullet", "The fee for late return rises from 1 euro to 1.50 euros a day."),
    ("heading", "Next meeting"),
    ("text", "The board meets again on 9 November 2026 at 18:30 in the reading room."),
]  # fmt: skip
_SERVER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Computers and network</title>
<style>nav { float: left }</style><script>document.title = "tracking";</script></head>
<body><nav><ul><li><a href="/">Start</a></li><li><a href="/leave">Leave</a></li></ul></nav>
<main><h1>Computers and network</h1>
<p>Guests use the network <b>larkfield-guest</b>; its password changes every Monday and hangs at the desk.</p>
<h2>Printing</h2><p>The printer in the hall is called <code>heron</code>. Colour pages cost 15 cents, black ones 4 cents.</p>
<h2>Back-up</h2><p>The catalogue is copied every night at 2:30 to a disk in the town hall. Copies are kept for 90 days.</p>
<table><tr><th>System</th><th>In charge</th><th>Restart</th></tr>
<tr><td>Catalogue</td><td>Yusuf Demir</td><td>any time</td></tr>
<tr><td>Door locks</td><td>Priya Castellanos</td><td>only with two people present</td></tr></table></main>
<footer>Printed pages may be out of date.</footer></body></html>
"""
_MEMBERSHIP = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Membership</title></head><body><header>Larkfield Tool Library</header>
<article><h1>Membership</h1><p>A membership costs 36 euros a year, and 18 euros for students and pensioners. Households pay 54 euros.</p>
<h2>How much, how long</h2><p>Members may have 5 items at a time, each for 10 days. An item may be renewed twice unless somebody waits for it.</p>
<h2>Damage</h2><p>Wear is ours. For loss we charge the price of a used one, at most 200 euros. Blades and drill bits are charged when they come back blunt.</p>
<h2>Leaving</h2><p>Send a message to the desk one month before the year ends; the deposit of 50 euros is paid back within 14 days.</p></article>
<aside>Advertisement: new ladders!</aside></body></html>
"""
_KITCHEN = """# Kitchen

Everybody washes up what they used. The dishwasher runs at 17:00; whoever closes the house empties it.

## Coffee

The machine is descaled on the first Friday of the month. Beans come from the roaster in Mill Lane and cost 22 euros a kilogram.

```
# coffee.cfg - settings of the machine
temperature = 93
shot_seconds = 27
```

## Fridge

Write your name and the date on your food. On Thursdays everything without a name is thrown away.
"""
_LENDING = """# Lending out

## At the desk

1. Scan the member's card, then the item.
2. Check that all parts are in the box; the list is inside the lid.
3. Machines with a motor are switched on once before they leave the house.

## Reservations

A reservation is kept for 3 days and then goes to the next in line. Members may have two reservations at a time.

## Deposits

| group | deposit in euros |
| --- | --- |
| hand tools | 0 |
| power tools | 25 |
| trailers | 120 |

## Opening dates

The repair café takes place on the second Saturday of the month, from 10:00 to 14:00.
"""
_SUPPLIERS = """supplier;goods;customer number;delivery days;contact
Brennholt Fasteners;screws and nails;BH-20931;2;Greta Malinowski
Osprey Blades;saw blades;77-1184;5;Leon Abernathy
Copperline Electric;cables and fuses;CE5520;3;Amara Voss
Tallow & Wick;wax and oil;0042;9;Noor Haddad
"""
_HISTORY = """The Larkfield Tool Library began in 1987 in a garage in Weaver Street with 61 tools that had belonged to the
carpenter Augustin Perrault. In 1996 it moved into the former fire station, where it still is.

The bell above the desk comes from the old fire engine. It is rung when a lost item comes back.

In 2009 a flood ruined the cellar; since then nothing with a motor is kept below the ground floor.
"""


def files() -> dict[str, bytes]:
    """The documents by name."""
    tools = {
        "Inventory": [
            ["Number", "Item", "Shelf", "Bought", "Price"],
            ["T-101", "Carpet cleaner", "A3", ("date", 45366), 389.0],
            ["T-117", "Tile cutter", "B1", ("date", 44927), 249.5],
            ["T-140", "Rotary hammer", "B4", ("date", 45748), 0.1 + 0.2 + 178.7],
            ["T-163", "Hedge trimmer", "C2", ("date", 45047), 134.0],
            [None, None, None, "Total", ("formula", "SUM(E2:E5)", 951.5)],
        ],
        "Repairs": [
            ["Item", "Fault", "Repaired by", "Share of price"],
            ["Carpet cleaner", "pump leaks", "Marek Dvorak", ("percent", 0.18)],
            ["Hedge trimmer", "blade bent", "Osprey Blades", ("percent", 0.325)],
        ],
    }
    hours = {
        "Hours": [
            ["Season", "Day", "Opens", "Closes"],
            ["Summer", "Tuesday", "10:00", "19:00"],
            [None, "Saturday", "9:00", "16:00"],
            ["Winter", "Tuesday", "11:00", "18:00"],
            [None, "Saturday", "9:30", "15:00"],
        ],
        "Closed": [
            ["From", "To", "Reason"],
            [("date", 46380), ("date", 46391), "Christmas"],
            [("date", 46237), ("date", 46241), "stocktaking"],
        ],
    }
    return {
        "annual_report.pdf": papers.pdf("Annual report 2025", _REPORT),
        "expenses.docx": papers.docx(_EXPENSES),
        "history.txt": _HISTORY.encode(),
        "kitchen.md": _KITCHEN.encode(),
        "leave.pdf": papers.pdf("Leave and absence", _LEAVE),
        "lending.md": _LENDING.encode(),
        "membership.html": _MEMBERSHIP.encode(),
        "minutes.docx": papers.docx(_MINUTES),
        "network.html": _SERVER.encode(),
        "onboarding.docx": papers.docx(_ONBOARDING),
        "opening_hours.xlsx": papers.xlsx(hours, {"Hours": "A2:A3 A4:A5"}),
        "safety.pdf": papers.pdf("Workshop safety rules", _SAFETY),
        "suppliers.csv": _SUPPLIERS.encode(),
        "tools.xlsx": papers.xlsx(tools),
    }


# The file, the page or sheet, the words that answer, the question, and how the answer may be written.
QUESTIONS: list[tuple[object, ...]] = [
    ("leave.pdf", {"page": 1}, "27 days of paid leave", "How many days of paid leave do full-time staff have?", "27"),
    ("leave.pdf", {"page": 1}, "they lapse on 30 April", "When does leave carried over from last year lapse?", "30 April", "April 30"),
    ("leave.pdf", {"page": 1}, "at least 15 working days before", "How many working days ahead must leave be requested?", "15", "fifteen"),
    ("leave.pdf", {"page": 2}, "| Birth of a child | 10 |", "How many paid days does the birth of a child give?", "10", "ten"),
    ("leave.pdf", {"page": 2}, "| Jury service | as served | summons |", "What proof is needed for jury service?", "summons"),
    ("leave.pdf", {"page": 2}, "Call the desk before 8:40", "Until what time must one call in when ill?", "8:40"),
    ("safety.pdf", {"page": 1}, "the planer reaches 96 decibels", "How loud is the planer?", "96"),
    ("safety.pdf", {"page": 1}, "Gloves are never worn at the lathe or the drill press", "At which machines are gloves never worn?", "lathe"),
    ("safety.pdf", {"page": 2}, "The assembly point is the car park behind the bakery", "Where is the assembly point in case of fire?", "bakery"),
    ("safety.pdf", {"page": 2}, "| Carbon dioxide | Switch room | June 2027 |", "When is the carbon dioxide extinguisher checked next?", "June 2027"),
    ("safety.pdf", {"page": 3}, "the card is valid for 24 months", "How long is the yellow card valid?", "24 months", "two years"),
    ("annual_report.pdf", {"page": 1}, "lent 18,460 items", "How many items were lent in 2025?", "18,460", "18460"),
    ("annual_report.pdf", {"page": 1}, "The item lent most often was the carpet cleaner", "Which item was lent most often in 2025?", "carpet cleaner"),
    ("annual_report.pdf", {"page": 2}, "| Course fees | 8,750 | 12,340 |", "How much did course fees bring in 2025?", "12,340", "12340"),
    ("annual_report.pdf", {"page": 2}, "The new delivery bicycle cost 4,180 euros", "What did the delivery bicycle cost?", "4,180", "4180"),
    ("onboarding.docx", {}, "the deposit is 40 euros", "What is the deposit for a key of new staff?", "40"),
    ("onboarding.docx", {}, "Passwords have at least 14 characters", "How many characters must a password have?", "14", "fourteen"),
    ("onboarding.docx", {}, "| Pay | Tobias Lindqvist | 214 |", "Whom does one ask about pay?", "Tobias Lindqvist", "Lindqvist"),
    ("expenses.docx", {}, "your own car is 0.34 euros per kilometre", "What is paid per kilometre in one's own car?", "0.34"),
    ("expenses.docx", {}, "paid up to 32 euros a day", "Up to what amount a day are meals paid on a journey?", "32"),
    ("expenses.docx", {}, "treasurer, Beatrix Oyelaran", "Who is the treasurer?", "Beatrix Oyelaran", "Oyelaran"),
    ("minutes.docx", {}, "the budget is 7,900 euros", "What is the budget for the new laser cutter?", "7,900", "7900"),
    ("minutes.docx", {}, "opens on Sundays from 4 October 2026", "From which date does the library open on Sundays?", "4 October", "October 4"),
    ("minutes.docx", {}, "to 1.50 euros a day", "What does a late return cost a day after the board's decision?", "1.50", "1.5"),
    ("network.html", {}, "The printer in the hall is called `heron`", "What is the printer in the hall called?", "heron"),
    ("network.html", {}, "Copies are kept for 90 days", "How long are back-up copies of the catalogue kept?", "90 days"),
    ("network.html", {}, "| Door locks | Priya Castellanos |", "Who is in charge of the door locks?", "Priya Castellanos", "Castellanos"),
    ("membership.html", {}, "A membership costs 36 euros a year", "What does a membership cost a year?", "36"),
    ("membership.html", {}, "Members may have 5 items at a time", "How many items may a member have at a time?", "5", "five"),
    ("membership.html", {}, "at most 200 euros", "What is the most that is charged for a lost item?", "200"),
    ("kitchen.md", {}, "descaled on the first Friday of the month", "When is the coffee machine descaled?", "first Friday"),
    ("kitchen.md", {}, "temperature = 93", "To which temperature is the coffee machine set?", "93"),
    ("lending.md", {}, "A reservation is kept for 3 days", "For how many days is a reservation kept?", "3", "three"),
    ("lending.md", {}, "| trailers | 120 |", "What is the deposit for a trailer?", "120"),
    ("suppliers.csv", {}, "| Osprey Blades | saw blades | 77-1184 |", "What is our customer number at Osprey Blades?", "77-1184"),
    ("suppliers.csv", {}, "| Tallow & Wick | wax and oil | 0042 | 9 |", "How many days does Tallow & Wick take to deliver?", "9", "nine"),
    ("tools.xlsx", {"sheet": "Inventory"}, "| T-140 | Rotary hammer | B4 |", "On which shelf is the rotary hammer?", "B4"),
    ("tools.xlsx", {"sheet": "Repairs"}, "| Hedge trimmer | blade bent | Osprey Blades | 32.5% |", "What share of its price did the repair of the hedge trimmer cost?", "32.5"),
    ("opening_hours.xlsx", {"sheet": "Hours"}, "| Summer | Saturday | 9:00 | 16:00 |", "When does the library close on Saturdays in summer?", "16:00"),
    ("history.txt", {}, "since then nothing with a motor is kept below the ground floor", "What is not kept below the ground floor since the flood?", "motor"),
]  # fmt: skip
