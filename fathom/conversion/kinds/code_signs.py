"""Tells code, configuration, data and logs from prose and Markdown, by evidence on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

MAX_LINES = 2000
# Shares of a text's lines, fenced code left out.
CODE_SHARE = 0.4
LOG_SHARE = 0.6
SETTINGS_SHARE = 0.9
# So many braces and semicolons a character no prose has.
MAX_PROSE_DENSITY = 0.025

_INTERPRETERS = "env|sh|bash|zsh|ksh|dash|fish|python|perl|ruby|node|php|lua|awk|make|pwsh|rscript"
_SHEBANG = re.compile(rf"\A#!\s*/?\S*(?:/|\b)(?:{_INTERPRETERS})", re.I)
_OPENING = re.compile(
    r"\A\s*(?:<\?php\b|<\?=|diff --git |--- \S.*\n\+\+\+ \S|Index: \S.*\n=====|%YAML\b|BEGIN:V(?:CALENDAR|CARD)\b"
    r"|@echo off\b|-----BEGIN [A-Z ]+-----)",
    re.I,
)
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_JSON = re.compile(rf"\A\s*(?:\{{\s*(?:{_STRING}\s*:|\}})|\[\s*(?:[\[{{]|{_STRING}\s*[,\]]|-?\d[\d.eE+-]*\s*[,\]]))")
_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_LOG_LINE = re.compile(
    r"\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\d\d[./-]\d\d[./-]\d{2,4}[ T]\d\d:\d\d:\d\d|\d\d:\d\d:\d\d[.,]\d{3}"
    r"|(?:Mon |Tue |Wed |Thu |Fri |Sat |Sun )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)"
    r"|\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:|<\d{1,3}>\d? ?\d{4}-|(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|TRACE)\b[\s:|\]]"
)
# Lines that statements of the usual languages look like, each within a line.
_STATEMENTS = (
    # declarations
    r"(?:async\s+)?(?:def|class|fn|func|function|sub|proc|struct|enum|trait|impl|interface|namespace|module|package)\s+[\w.$:<>]+"
    r".*[({:;]\s*(?:#.*|//.*)?$",
    r"""(?:import|use|require|include|using)\s+[\w.{"'<*@/][^.!?]*;?$""",
    r"from\s+[\w.]+\s+import\b",
    r"#\s*(?:include|define|ifn?def|endif|pragma|if)\b",
    r"(?:public|private|protected|static|final|export|extern|const|let|var|val|local|my|our|declare|typedef)\b.*[;{(=)]\s*$",
    r"(?:return|throw|yield|await)\b.*[;{(=)]\s*$",
    r"(?:export\s+)?(?:const|let|var|val|local|my)\s+[$@%\w{\[].*=.*$",
    r"@\w+(?:\(.*\))?\s*$",
    # control
    r"(?:if|elif|else\s+if|for|foreach|while|switch|unless|until|catch|when)\b.*[{(:;]?\s*(?:\{|:|\bthen|\bdo|\))\s*(?:#.*|//.*)?$",
    r"(?:if|while|until)\s+\[{1,2}\s.*",
    r"(?:fi|done|esac|end|endif|else|else:|try:|try\s*\{|finally:|begin|\);?|\};?|\],?|\},?|\}\s*\w+.*\{)\s*;?\s*$",
    # shell, SQL, Dockerfile
    r"(?:set|export|alias|source|echo|printf|cd|mkdir|rm|cp|mv|cat|sudo|apt-get|pip|npm|git|curl|exit|unset|trap|chmod|grep|sed|exec)"
    r"\s+(?:[-$\"'./\w~=<{]).*[^.!?]$",
    r"(?:CREATE|ALTER|DROP|GRANT|SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH|BEGIN|COMMIT|RETURNS|LANGUAGE|WHERE|VALUES"
    r"|COMMENT\s+ON|(?:LEFT|INNER)?\s*JOIN|GROUP\s+BY|ORDER\s+BY)\b(?![a-z]).*",
    r"(?:FROM|RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|EXPOSE|ARG|VOLUME|USER|LABEL)\s+\S.*",
    # assignments, calls, ends of statements, comments, tags
    r"[$@\w.\[\]'\"]+\s*(?:[-+*/|&^%.:]?=|:=|<-|=>|\+\+|--)\s*\S.*[^.!?]$",
    r"[A-Za-z_$][\w.$>:-]*\([^)]*\)?.*[;{]?\s*$(?<![.!?])",
    r"[^;]*(?:;[^;]*)?[;{]\s*(?://.*|#.*|/\*.*)?$",
    r"//.*|/\*.*|\*/\s*$|\*\s.*\*/|--\s\S.*|</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>\s*$",
)
_CODE_LINE = re.compile(rf"\t\S.*|\s*(?:{'|'.join(_STATEMENTS)})")
_COMMENT = re.compile(r"^\s*(?:#(?!#)|;|//|--|%|rem\b)", re.I)
_KEY = re.compile(r"""^\s*(?:-\s+)?(?:"[^"\n]+"|'[^'\n]+'|[\w.$/@*~-]+(?: [\w.-]+){0,2}):(?:\s+\S.*|\s*)$""")
_ITEM = re.compile(r"^\s*-(?:\s+\S.*)?$")
_NESTED = re.compile(
    r"^(?P<indent> *)(?:- +)?[^\s#:][^:\n]*:[ \t]*\n(?:[ \t]*#.*\n)*(?P=indent)(?: +\S|- )|^( *)- [^\s:]+:.*\n\2  [^\s:]+:",
    re.M,
)
_VALUE = re.compile(r"""^\s*(?:["'\[{}].*|\],?)$""")
_MARKED = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s|^\s*[|>\[]|.*\]\(|.*\*\*")
_HASH = re.compile(r"^\s*#(?!#)(?:\s|$)")
_LONG_COMMENT = re.compile(r"""^\s*(?:[rfbu]*(?=["'])|(?=/\*))("{3}|'{3}|/\*)""")
_ASSIGNED = re.compile(r"^\s*(?:export\s+|set\s+)?[\w.\-/\[\]$@]+\s*=\s*\S?.*$")
_SECTION = re.compile(r"^\s*\[{1,2}[^\]\n]+\]{1,2}\s*(?:[#;].*)?$")


def is_code(sample: str) -> bool:
    """Returns True for a text that is code, configuration, data or a log by its shape."""
    if _SHEBANG.match(sample) or _OPENING.match(sample) or _JSON.match(sample):
        return True
    text = _FENCED.sub("\n", sample)
    lines = [line for line in text.splitlines()[:MAX_LINES] if line.strip()]
    if not lines:
        return False
    return _is_log(lines) or _is_settings(text, lines) or statement_share(text) >= CODE_SHARE or _is_dense(sample)


def statement_share(sample: str, *, settings: bool = False) -> float:
    """Returns which share of the lines outside fences and comments are statements, 0-1; 0 if there are fewer than three.

    `settings`: lines of `key: value` count, too.
    """
    code = others = 0
    for line, following in pairwise([*_uncommented(_FENCED.sub("\n", sample)), ""]):
        if _HASH.match(line):
            # a comment has a statement right below it, a heading seldom
            code += (_CODE_LINE.match(following) or _HASH.match(following)) is not None
            others += not (_CODE_LINE.match(following) or _HASH.match(following))
        elif line.strip():
            is_statement = (
                (_CODE_LINE.match(line) or (settings and _KEY.match(line)))
                and not _MARKED.match(line)
                and not _is_sentence(line)
            )
            code += bool(is_statement)
            others += not is_statement
    return code / (code + others) if code >= 3 else 0.0


def _uncommented(text: str) -> Iterator[str]:
    """Yields the lines without those of comments in `/* … */` and of texts in triple quotation marks."""
    until = ""
    for line in text.splitlines()[:MAX_LINES]:
        if until:
            if until in line:
                until = ""
            continue
        opened = _LONG_COMMENT.match(line)
        if opened and line.count(opened[1]) % 2 == 1 and not (opened[1] == "/*" and "*/" in line):
            until = "*/" if opened[1] == "/*" else opened[1]
            continue
        if opened is None or opened[1] != "/*":
            yield line


def _is_dense(sample: str) -> bool:
    """Returns True for code without line breaks: braces and semicolons as no prose has them."""
    return "{" in sample and ";" in sample and sum(map(sample.count, "{};")) > MAX_PROSE_DENSITY * len(sample)


def _is_log(lines: list[str]) -> bool:
    return len(lines) >= 3 and sum(1 for line in lines if _LOG_LINE.match(line)) >= LOG_SHARE * len(lines)


def _is_settings(text: str, lines: list[str]) -> bool:
    """Returns True for YAML, TOML, INI and lines of NAME=value: nearly every line is a setting, a comment or a section."""
    said = [line for line in lines if not _COMMENT.match(line) and line.strip() not in ("---", "...")]
    if len(said) < 2:
        return False
    keys = sum(1 for line in said if _KEY.match(line))
    items = sum(1 for line in said if _ITEM.match(line))
    assigned = sum(1 for line in said if _ASSIGNED.match(line))
    sections = sum(1 for line in said if _SECTION.match(line))
    values = sum(1 for line in said if _VALUE.match(line)) if assigned else 0
    if keys >= 2 and keys + items >= SETTINGS_SHARE * len(said):
        return keys >= len(said) / 3 and (text.lstrip().startswith("---") or _NESTED.search(text) is not None)
    return assigned >= 2 and assigned + sections + values >= SETTINGS_SHARE * len(said)


def _is_sentence(line: str) -> bool:
    """Returns True for a line that ends as sentences do and has as many words."""
    return line.rstrip().endswith((".", "!", "?")) and len(line.split()) >= 6 and not re.search(r"[{}();=]", line)
