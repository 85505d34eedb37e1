"""File names that distinguish kinds of text that look alike."""

from __future__ import annotations

from pathlib import PurePath

from fathom.conversion.report import DocumentKind

_SUFFIXES: dict[DocumentKind, str] = {
    DocumentKind.MARKDOWN: "md markdown mdown mkd mkdn mdwn mdx qmd rmd",
    DocumentKind.CSV: "csv tsv tab",
    DocumentKind.LATEX: "tex latex ltx",
    DocumentKind.ASCIIDOC: "adoc asciidoc asc",
    DocumentKind.HTML: "html htm xhtml",
    DocumentKind.EMAIL: "eml mbox mht mhtml",
    DocumentKind.TEXT: "txt text rst org",
    DocumentKind.SUBTITLES: "srt vtt sbv ass ssa ttml dfxp",
    DocumentKind.NOTEBOOK: "ipynb",
    # source code, configuration, data and logs: lines and indentation carry the meaning
    DocumentKind.CODE: """
        ada asm awk bas bash bat bzl c cc cjs clj cmake cmd cpp cr cs css cu cxx d dart diff ejs el elm erb erl ex exs f f90
        fish fs
        go gradle graphql groovy h haml hbs hcl hh hpp hs hxx idl java jinja jinja2 j2 jl js jsp jsx kt kts less lisp lua m
        mjs ml mli mm mustache nim nix pas patch php pl pm po proto ps1 psm1 pug purs py pyi pyx r rake rb re rkt rs s sass
        scala scm scss sh sol sql styl svelte swift tcl tf tfvars ts tsx twig v vb vbs vhd vhdl vim vue wgsl zig zsh
        avsc bib cfg conf cnf desktop editorconfig env geojson har ics ini json json5 jsonc jsonl ldif lock log ndjson nginx
        plist properties reg service toml topojson vcf webmanifest yaml yml
    """,
}
KINDS_BY_SUFFIX = {f".{suffix}": kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
# Languages whose files may be pages of HTML with code in them.
TEMPLATES = frozenset(
    {".php", ".jsp", ".erb", ".ejs", ".vue", ".svelte", ".twig", ".hbs", ".jinja", ".jinja2", ".j2", ".mustache"}
)
_CODE_NAMES = frozenset({
    "dockerfile", "containerfile", "makefile", "gnumakefile", "cmakelists.txt", "jenkinsfile", "vagrantfile", "gemfile",
    "procfile", "rakefile", "brewfile", "justfile", "build", "workspace", "requirements.txt", "constraints.txt", "robots.txt",
    "codeowners", ".gitignore", ".gitattributes", ".gitmodules", ".dockerignore", ".npmrc", ".editorconfig", ".bashrc",
    ".zshrc", ".profile", ".bash_profile", ".vimrc", ".htaccess", "crontab", "hosts",
})  # fmt: skip


def kind_by_name(name: str) -> DocumentKind | None:
    """Returns the kind that the name claims, or None if it claims none."""
    path = PurePath(name)
    whole = path.name.lower()
    if whole in _CODE_NAMES or whole == ".env" or whole.startswith((".env.", "dockerfile.", "makefile.")):
        return DocumentKind.CODE
    return KINDS_BY_SUFFIX.get(path.suffix.lower())
