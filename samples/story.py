"""What the samples tell: the rebuilding of Kelmouth Harbour, an invented place, seen from eight desks."""

from __future__ import annotations

HISTORY_TITLE = "The Rebuilding of Kelmouth Harbour"
HISTORY_AUTHOR = "Helen Marsh, Kelmouth Harbour Trust"
HISTORY: list[tuple[str, list[str]]] = [
    (
        "The storm",
        [
            "On 14 January 2021 a winter storm struck the east coast of Scotland. The sea broke the North Pier in three"
            " places and carried away its light. Daniel Hargreaves, the harbour master of Kelmouth, closed the port the"
            " same night. Forty-one fishing boats sailed to Aberdeen and stayed there until the spring.",
            "The North Pier had been built in 1887. Its foundations stood on sand, not on rock, and the engineers of "
            "the time knew it. A survey by Northgate Engineering later found that the storm had only finished what a "
            "century of tides had begun.",
        ],
    ),
    (
        "The trust",
        [
            "The town of Kelmouth founded the Kelmouth Harbour Trust on 3 May 2021. Fiona MacLeod, the mayor of "
            "Kelmouth, chaired the first meeting. The Kelmouth Harbour Trust appointed Margaret Ellison as its director"
            " on 1 June 2021. Margaret Ellison had led the port of Leith for nine years.",
            "The Scottish Coastal Fund granted the Kelmouth Harbour Trust 22 million pounds. The bank Carrick & Lowe "
            "lent a further 12 million pounds. The fishermen of Kelmouth raised the rest themselves, four million "
            "pounds in eleven months.",
        ],
    ),
    (
        "The works",
        [
            "The Kelmouth Harbour Trust chose Northgate Engineering on 12 November 2021. Northgate Engineering, a "
            "company from Newcastle, sent Ingrid Solberg to Kelmouth as chief engineer. Ingrid Solberg designed a pier "
            "on ninety-six steel piles that reach the rock below the sand.",
            "Before the piles could be driven, the basin had to be cleared. Baltic Dredging, a company from Gdansk, "
            "brought the dredger Amber to Kelmouth in March 2022. The dredger Amber removed 310,000 cubic metres of "
            "sand in seven months.",
            "The dredging found a bed of native oysters at Gull Point. Priya Raman, a marine biologist at Marlow "
            "University, asked the Kelmouth Harbour Trust to move the bed before the piles were driven. Work at Gull "
            "Point stopped for ten weeks.",
        ],
    ),
    (
        "The change of director",
        [
            "The pause and the price of steel raised the cost from 38 to 44 million pounds. Margaret Ellison resigned "
            "as director of the Kelmouth Harbour Trust on 31 August 2023. Thomas Okafor replaced Margaret Ellison on 1 "
            "September 2023. Thomas Okafor had been the finance director of the port of Rotterdam.",
            "Thomas Okafor kept the design and changed the contract. From October 2023 Northgate Engineering was paid "
            "for each finished pile and not for each month.",
        ],
    ),
    (
        "The opening",
        [
            "The new North Pier opened on 6 April 2024. Fiona MacLeod cut the ribbon, and Daniel Hargreaves lit the new"
            " light. The first vessel at the pier was the research ship Saint Brendan, with Priya Raman and her "
            "students on board.",
        ],
    ),
]
CONTRACTS_HEAD = ["Partner", "Seat", "Task", "£m"]
CONTRACTS = [
    ["Northgate Engineering", "Newcastle", "Pier and piles", "29.5"],
    ["Baltic Dredging", "Gdansk", "Dredging", "8.2"],
    ["Marlow University", "Edinburgh", "Oyster survey", "0.9"],
    ["Halvorsen Lights", "Bergen", "Pier light", "1.4"],
    ["Reserve", "", "Steel price", "4.0"],
]

MINUTES: list[str] = [
    "KELMOUTH HARBOUR TRUST",
    "Minutes of the first meeting",
    "",
    "Kelmouth Town Hall, 3 May 2021",
    "",
    "Present: Fiona MacLeod (chair), Daniel Hargreaves,",
    "Helen Marsh (secretary), Robert Carrick.",
    "",
    "1. Fiona MacLeod opened the meeting at seven o'clock.",
    "The town of Kelmouth founds the Kelmouth Harbour Trust",
    "on this day. The vote was unanimous.",
    "",
    "2. Daniel Hargreaves reported on the North Pier. The",
    "storm of 14 January 2021 broke it in three places.",
    "Forty-one boats are still in Aberdeen.",
    "",
    "3. Robert Carrick spoke for the bank Carrick & Lowe.",
    "Carrick & Lowe will lend the Kelmouth Harbour Trust",
    "12 million pounds over twenty years.",
    "",
    "4. Fiona MacLeod proposed Margaret Ellison as director.",
    "Margaret Ellison leads the port of Leith. Helen Marsh",
    "will write to Margaret Ellison this week.",
    "",
    "Signed: Helen Marsh, secretary",
]

REPORT_TITLE = "Engineering report on the North Pier"
REPORT_BY = "Ingrid Solberg, Northgate Engineering, 20 June 2023"
REPORT_SUMMARY = [
    "Northgate Engineering is building a new North Pier for the Kelmouth Harbour Trust. This report by Ingrid Solberg, "
    "the chief engineer, describes the foundations, the delays and the work that is left. Margaret Ellison, the "
    "director of the Kelmouth Harbour Trust, asked for it on 2 June 2023.",
]
REPORT_FOUNDATIONS = [
    "The old North Pier stood on sand. Northgate Engineering drilled fourteen boreholes in January 2022 and found rock "
    "at a depth of eighteen metres. The new pier stands on ninety-six steel piles. The steelworks Torsgard in Bergen "
    "rolls the piles and ships them to Kelmouth.",
    "Baltic Dredging cleared the basin between March and October 2022. Piotr Zielinski, the master of the dredger "
    "Amber, reported 310,000 cubic metres of sand. Most of it now protects the beach of Kelmouth.",
]
REPORT_DELAYS = [
    "Work at Gull Point stopped from 9 January to 20 March 2023. Marlow University moved a bed of native oysters to "
    "Brennan Sound in these ten weeks. Priya Raman led the work.",
    "Torsgard raised the price of steel twice. The Kelmouth Harbour Trust and Northgate Engineering share the added "
    "cost of six million pounds.",
]
REPORT_PILES_HEAD = ["Section", "Piles planned", "Piles driven", "Finished by"]
REPORT_PILES = [
    ["Inner pier", "34", "34", "May 2023"],
    ["Gull Point", "28", "11", "October 2023"],
    ["Pier head", "34", "0", "January 2024"],
]
REPORT_NEXT = [
    "Northgate Engineering drives the last pile at Gull Point in October 2023.",
    "Halvorsen Lights installs the new pier light in February 2024.",
    "Daniel Hargreaves, the harbour master, tests the berths in March 2024.",
]

SLIDES_TITLE = ("Kelmouth Harbour: review of the works", "Thomas Okafor, Kelmouth Harbour Trust, 15 January 2024")
SLIDES: list[tuple[str, list[str], str]] = [
    (
        "Where we stand",
        [
            "Northgate Engineering has driven 91 of 96 piles.",
            "Ingrid Solberg expects the last pile on 2 February 2024.",
            "Baltic Dredging has left Kelmouth and returned to Gdansk.",
            "The new North Pier opens on 6 April 2024.",
        ],
        "Thomas Okafor visited the pier head with Ingrid Solberg on 11 January 2024.",
    ),
    (
        "Who leads the trust",
        [
            "Margaret Ellison was director from 1 June 2021 to 31 August 2023.",
            "Thomas Okafor has been director since 1 September 2023.",
            "Helen Marsh remains secretary of the Kelmouth Harbour Trust.",
            "Fiona MacLeod remains chair of the board.",
        ],
        "",
    ),
]
SLIDES_TABLE = (
    "What it costs",
    [
        ["Source", "Million £", "Agreed by"],
        ["Scottish Coastal Fund", "22", "Margaret Ellison"],
        ["Carrick & Lowe", "12", "Fiona MacLeod"],
        ["Fishermen of Kelmouth", "4", "Daniel Hargreaves"],
        ["Added loan of Carrick & Lowe", "6", "Thomas Okafor"],
    ],
)

BUDGET_CONTRACTS = [
    ["Contract", "Partner", "City", "Signed by", "Signed on", "Planned (£)", "Paid (£)"],
    ["Pier and piles", "Northgate Engineering", "Newcastle", "Margaret Ellison", "2021-11-12", 24_100_000, 27_350_000],
    ["Dredging", "Baltic Dredging", "Gdansk", "Margaret Ellison", "2022-02-01", 8_000_000, 8_200_000],
    ["Steel piles", "Torsgard", "Bergen", "Ingrid Solberg", "2022-04-19", 2_700_000, 4_050_000],
    ["Oyster survey", "Marlow University", "Edinburgh", "Margaret Ellison", "2022-12-05", 600_000, 900_000],
    ["Pier light", "Halvorsen Lights", "Bergen", "Thomas Okafor", "2023-09-28", 1_400_000, 1_400_000],
]
BUDGET_PEOPLE = [
    ["Name", "Organisation", "Role", "From", "Until"],
    ["Margaret Ellison", "Kelmouth Harbour Trust", "Director", "2021-06-01", "2023-08-31"],
    ["Thomas Okafor", "Kelmouth Harbour Trust", "Director", "2023-09-01", ""],
    ["Helen Marsh", "Kelmouth Harbour Trust", "Secretary", "2021-05-03", ""],
    ["Daniel Hargreaves", "Town of Kelmouth", "Harbour master", "2014-03-01", ""],
    ["Ingrid Solberg", "Northgate Engineering", "Chief engineer", "2021-11-12", ""],
    ["Piotr Zielinski", "Baltic Dredging", "Master of the dredger Amber", "2022-03-01", "2022-10-31"],
    ["Priya Raman", "Marlow University", "Marine biologist", "2022-12-05", ""],
    ["Robert Carrick", "Carrick & Lowe", "Partner", "2021-05-03", ""],
]

ARTICLE_HTML = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>New director for Kelmouth Harbour Trust</title></head>
<body>
<h1>New director for Kelmouth Harbour Trust</h1>
<p><em>The Kelmouth Courier, 2 September 2023. By Anna Whitlock.</em></p>
<p>Thomas Okafor became the director of the Kelmouth Harbour Trust yesterday. He succeeds Margaret Ellison, who
resigned on 31 August 2023 after two years and three months. Thomas Okafor comes from Rotterdam, where he directed the
finances of the port.</p>
<h2>Praise and a warning</h2>
<p>Fiona MacLeod, the mayor of Kelmouth, thanked Margaret Ellison at a dinner in the Town Hall. &ldquo;Margaret
Ellison found the money when nobody believed in the North Pier,&rdquo; Fiona MacLeod said. Margaret Ellison will
return to Leith.</p>
<p>Robert Carrick of the bank Carrick &amp; Lowe was less kind. Carrick &amp; Lowe has lent the Kelmouth Harbour Trust
another six million pounds, and Robert Carrick wants to see a pier for it.</p>
<h2>What comes next</h2>
<ul>
<li>Northgate Engineering finishes the piles at Gull Point in October 2023.</li>
<li>Halvorsen Lights, a company from Bergen, delivers the pier light in February 2024.</li>
<li>The Kelmouth Harbour Trust opens the new North Pier in April 2024.</li>
</ul>
<table>
<caption>Directors of the Kelmouth Harbour Trust</caption>
<tr><th>Director</th><th>Came from</th><th>Since</th><th>Until</th></tr>
<tr><td>Margaret Ellison</td><td>Leith</td><td>1 June 2021</td><td>31 August 2023</td></tr>
<tr><td>Thomas Okafor</td><td>Rotterdam</td><td>1 September 2023</td><td></td></tr>
</table>
</body>
</html>
"""

FIELD_NOTES = """# Moving the oysters of Gull Point

Field notes of Priya Raman, Marlow University, written up in October 2023.

## Why we came

Piotr Zielinski, the master of the dredger Amber, found living oysters at Gull Point in September 2022. He called
Daniel Hargreaves, and Daniel Hargreaves called Marlow University. Margaret Ellison signed the contract for the survey
on 5 December 2022. Margaret Ellison stopped the works at Gull Point on 9 January 2023, although Northgate Engineering
warned her of the cost.

## What we did

1. Priya Raman and six students of Marlow University mapped the bed from the research ship Saint Brendan.
2. The divers lifted 14,200 oysters between 16 January and 10 March 2023.
3. The research ship Saint Brendan carried them to Brennan Sound, four miles north of Kelmouth.
4. Ingrid Solberg of Northgate Engineering lent us a barge for the last two weeks.

| Date | Place | Oysters moved | Alive in June 2023 |
|------|-------|--------------:|-------------------:|
| 16 January 2023 | Gull Point, west | 3,900 | 3,510 |
| 6 February 2023 | Gull Point, east | 6,100 | 5,640 |
| 27 February 2023 | Gull Point, south | 4,200 | 3,990 |

## What we learned

Nine oysters in ten lived through the first summer at Brennan Sound. The Scottish Coastal Fund now pays Marlow
University for three more years of counting. Priya Raman will report to Thomas Okafor, who became director of the
Kelmouth Harbour Trust on 1 September 2023.
"""

LETTER_HEADERS = {
    "From": "Margaret Ellison <m.ellison@kelmouth-harbour.example>",
    "To": "Thomas Okafor <t.okafor@kelmouth-harbour.example>",
    "Cc": "Helen Marsh <h.marsh@kelmouth-harbour.example>",
    "Subject": "Handing over the Kelmouth Harbour Trust",
    "Date": "Mon, 28 Aug 2023 17:42:00 +0100",
    "Message-ID": "<20230828164200.0001@kelmouth-harbour.example>",
}
LETTER = """Dear Thomas,

On Friday you become the director of the Kelmouth Harbour Trust, and I go home to Leith. Here is what is not in the
files.

Ingrid Solberg is the best engineer I have worked with. When Ingrid Solberg says a pile needs another week, give it to
her. Northgate Engineering in Newcastle will press her; Northgate Engineering is paid by the month, and you should
change that.

Robert Carrick will call you on your first morning. Carrick & Lowe lent us 12 million pounds in 2021 and another six
million this July. Robert Carrick wants a date for the opening. Daniel Hargreaves believes in April 2024, and Daniel
Hargreaves is usually right.

Please keep the promise we made to Priya Raman. Marlow University counts the oysters at Brennan Sound every June, and
the Scottish Coastal Fund asks for the figures. I stopped the works at Gull Point for ten weeks for those oysters, and
I would do it again.

Piotr Zielinski of Baltic Dredging still has our tide gauge on the dredger Amber. He is in Gdansk until October.

Helen Marsh knows everything else.

With my best wishes for the North Pier,
Margaret Ellison
"""
