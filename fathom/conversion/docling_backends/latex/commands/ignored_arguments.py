"""Lists layout commands with their arguments: `s` a star, `o` in brackets, `d` in braces."""

from __future__ import annotations

# Commands whose text is shown on the page, and the arguments to skip before it.
_TRANSPARENT = {
    "": """
        centerline ensuretext fbox frame hbox hl IEEEPARstart leavevmode leftline llap lowercase mbox NoCaseChange
        nolinebreaks only onslide protected reflectbox rightline rlap term text textcyrillic textdutch textgreek
        textlatin textlf textrm textsc textsf textsw textulc ul uline uncover underline uuline uwave visible
    """,
    "d": "adjustbox hyperlink hypertarget turnbox",
    "o": "hyperref lettrine shortstack smash tcbox",
    "do": "scalebox",
    "od": "colorbox foreignlanguage rotatebox textcolor",
    "oo": "framebox makebox",
    "so": "makecell textls thead",
    "doo": "raisebox",
    "sdd": "resizebox",
    "odod": "fcolorbox",
    "oood": "parbox",
}  # fmt: skip

# Commands that print nothing, with all their arguments.
_UNSEEN = {
    "": """
        allowbreak and appendix backmatter balance beamertemplatenavigationsymbolsempty begingroup bgroup bigbreak
        bigskip break cal centering Centering cleardoublepage clearpage columnbreak displaystyle DontPrintSemicolon
        doublespacing egroup endgroup endinput expandafter filbreak FloatBarrier flushbottom fontdimen footnotesize
        frenchspacing frontmatter fussy futurelet global goodbreak hrule huge Huge ignorespaces immediate indent
        insertframenumber justifying large Large LARGE limits linenumbers listofalgorithms listoffigures
        listoftables long lstlistoflistings mainmatter makeglossaries maketitlesupplementary medbreak medskip
        morecmidrules newpage nobreak noexpand noindent nointerlineskip nolimits nolinenumbers nonfrenchspacing
        nonumber normalcolor normalsize notag null obeylines obeyspaces offinterlineskip onecolumn onehalfspacing
        outer pause phantomsection printglossaries ProcessOptions protect raggedbottom raggedleft raggedright
        RaggedRight relax sc scriptsize scshape selectfont SetAlgoLined sf singlespacing sloppy small smallbreak
        smallskip strut svhline tableofcontents textstyle the tiny titlepage unboldmath unskip vfil vfill vrule vss
        write WriteBookmarks
    """,
    "d": """
        acmBooktitle acmDOI acmISBN acmYear AtBeginDocument AtEndDocument authorrunning bibliographyname
        bibliographystyle bookmarksetup cfoot chead citestyle cline copyrightyear DeclareGraphicsExtensions
        ExecuteOptions floatstyle fontencoding fontfamily fontseries fontshape geometry glsadd graphicspath hphantom
        hypersetup hyphenation includeonly index input@path label lfoot lhead linespread logo lstset markright
        message newdimen newlength newsavebox noalign nocite pagenumbering pagestyle pgfplotsset phantom raisetag
        restylefloat rfoot rhead runningauthor runningtitle setcitestyle setcopyright setstretch settopmatter
        shortauthors shorttitle sisetup special tcbset tcbuselibrary theoremstyle thispagestyle tikzset tikzstyle
        titlerunning typeout urlstyle usebox usetikzlibrary vadjust vphantom zlabel
    """,
    "o": """
        allowdisplaybreaks bibliographyunit makeindex nolinebreak nopagebreak pagebreak printglossary printindex
        suppressfloats twocolumn
    """,
    "dd": """
        addtocontents addtolength ClassWarning colorlet DeclareTextFontCommand DeclareUnicodeCharacter floatname
        floatplacement fontsize lstdefinestyle markboth newunicodechar PackageWarning PassOptionsToPackage sbox
        setbeamercolor setbeamerfont setkeys SetKw SetKwInOut setlength settoheight settowidth
    """,
    "do": "NeedsTeXFormat ProvidesClass ProvidesPackage",
    "od": """
        arrayrulecolor bookmark captionsetup ccsdesc cellcolor color columncolor documentclass documentstyle
        ExecuteBibliographyOptions fancyfoot fancyhead fancyhf LoadClass newmdenv pagecolor received rowcolor
        selectlanguage setdefaultlanguage setenumerate setitemize setminted setotherlanguage usecolortheme
        usefonttheme useinnertheme usemintedstyle useoutertheme usetheme
    """,
    "sd": "enlargethispage vspace",
    "ddd": "addcontentsline crefname Crefname newlist renewlist useunder",
    "dod": "newcolumntype newfontfamily setbeamertemplate",
    "odd": "DeclareFieldFormat DeclareSIUnit numberwithin pdfbookmark pgfdeclareimage rule",
    "odo": "RequirePackage setmainfont setmonofont setsansfont usepackage",
    "sdd": "counterwithin counterwithout DeclareOption",
    "sod": "setlist",
    "dddd": "DeclareGraphicsRule usefont",
    "dood": "savebox",
    "oddd": "acmConference definecolor",
    "odod": "lstdefinelanguage",
    "sdod": "renewbibmacro rowcolors",
    "doodo": "newfloat",
    "odood": "newtcolorbox",
    "sdddd": "titlespacing",
    "odddddd": "bibpunct",
    "sdoddddo": "titleformat",
    "ddddddddd": "newtheoremstyle",
}  # fmt: skip


def ignored_arguments() -> dict[str, str]:
    """Returns the arguments to skip, by command."""
    return {
        name: arguments for table in (_TRANSPARENT, _UNSEEN) for arguments, names in table.items() for name in names.split()
    }
