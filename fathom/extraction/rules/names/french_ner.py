"""Finds French name spans: spaCy's entities with corrected borders and types by their words."""

from __future__ import annotations

import re
from typing import Any

from fathom.extraction.rules.names.name_cleaning import is_name
from fathom.extraction.rules.names.span_merging import NameSpan

_TYPES = {"PER": "Person", "ORG": "Organization", "LOC": "Location", "MISC": "Work"}
_CAPITAL = r"[A-ZÀ-ÞŒ][\w’'-]*"
_TITLES = (
    r"M\.|MM\.|Mme|Mlle|Monsieur|Madame|Mademoiselle|Dr|Docteur|docteur|Pr|Professeur|professeur|Me|Maître|Mgr|Saint-Père|Sir|"
    r"général|colonel|capitaine|commandant|amiral|lieutenant|président|présidente|ministre|roi|reine|prince|princesse|empereur|"
    r"pape|cardinal|évêque|abbé|comte|comtesse|duc|duchesse|baron|maréchal|ingénieur|sénateur|député|maire"
)
_TITLE = re.compile(rf"(?:{_TITLES})\s+(?={_CAPITAL})")
_TITLED = re.compile(
    rf"(?<!\w)(?:{_TITLES})\s+(?P<name>{_CAPITAL}(?:\s(?:(?:de|du|des|de la|von|van)\s|d['’])?{_CAPITAL}){{0,3}})"
)
_ARTICLE = re.compile(r"(?:(?:le|la|les|un|une|du|des|de la|de|au|aux|à|en|dans|par|pour)\s+|(?:l|d|de l|à l)['’])")
_FIRST_ARTICLE = re.compile(r"(?:(?:Le|La|Les|Un|Une|Du|Des|De|Au|Aux|À|En|Dans|Par|Pour)\s+|(?:L|D|De l|À l)['’])")
# Names that begin with an article of their own.
_OWN_ARTICLE = re.compile(
    r"(?:Le Havre|Le Mans|Le Caire|Le Cap|Le Creusot|Le Puy|La Rochelle|La Haye|La Réunion|La Nouvelle|La Défense|La Poste|"
    r"Les Sables|Le Monde|Le Figaro|La Havane|La Paz|Los |Las )"
)
_HEADS = {
    "Organization": (
        "Université|Institut|École|Ecole|Collège|Lycée|Académie|Société|Compagnie|Banque|Ministère|Conseil|Comité|Commission|Musée|"
        "Association|Fondation|Fédération|Union|Syndicat|Parti|Parlement|Sénat|Assemblée|Cour|Tribunal|Agence|Groupe|Chambre|"
        "Mairie|Préfecture|Club|Orchestre|Marine|Armée|Église|Ordre|Bibliothèque|Laboratoire|Centre|Office|Caisse|Régie"
    ),
    "Location": (
        "République|Royaume|Empire|Mont|Lac|Rue|Avenue|Boulevard|Place|Pont|Château|Palais|Cathédrale|Gare|Port|Île|Ile|Golfe|"
        "Baie|Cap|Forêt|Vallée|Province|Région|Département|Canton|Hôpital|Stade|Théâtre|Cimetière|Canal"
    ),
    "Event": "Guerre|Révolution|Bataille|Festival|Coupe|Jeux|Exposition|Siège|Congrès|Championnat|Championnats",
    "Law": "Traité|Loi|Accord|Accords|Constitution|Convention|Charte|Déclaration|Code",
}
_HEAD = {kind: re.compile(rf"(?:{words})\b") for kind, words in _HEADS.items()}
_OF = re.compile(
    rf"(?<!\w)(?:{'|'.join(_HEADS.values())})(?:\s[\wà-ÿ-]+al(?:e|es)?)?"
    rf"\s(?:(?:de la|du|des|de|aux|au|pour)\s|de l['’]|d['’]){_CAPITAL}(?:\s(?:(?:de|du|des|et)\s|d['’])?{_CAPITAL}){{0,3}}"
)
_ROLES = (
    "directeur|directrice|président|présidente|fondateur|fondatrice|gérant|gérante|secrétaire|mari|femme|époux|épouse|frère|sœur|"
    "fils|fille|père|mère|auteur|autrice|architecte|maire|ministre|rédacteur|rédactrice|chef|entraîneur|successeur"
)
_AFTER_ROLE = re.compile(  # `son directeur général, Yves Le Goff, …`
    rf"(?<!\w)(?:{_ROLES})(?:\s[a-zà-ÿœ’'-]+){{0,4}},\s(?P<name>{_CAPITAL}(?:\s(?:de\s|du\s|d['’])?{_CAPITAL}){{1,3}})(?=[,.])"
)
_KIND_BEFORE = {
    "Organization": re.compile(
        r"\b(?:agence|société|entreprise|groupe|compagnie|association|banque|parti|club|label|éditeur|start-up|filiale)\s$"
    ),
    "Location": re.compile(
        r"\b(?:ville|village|commune|région|province|département|quartier|hameau|île) (?:de |du |des |d['’])$"
    ),
    "Person": re.compile(
        r"\b(?:chanteu(?:r|se)|act(?:eur|rice)|écrivaine?|architecte|peintre|poète|ingénieure?|médecin|avocate?|historienne?)\s$"
    ),
}
_NO_NAME = re.compile(
    r"(?:ils?|elles?|on|nous|vous|je|tu|ce|cette|ces|cet|ceux|celui|celle|mais|or|donc|car|ainsi|alors|depuis|selon|après|avant|"
    r"pendant|lors|puis|enfin|cependant|toutefois|monsieur|madame|mademoiselle|docteur|maître|bonjour|"
    r"janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|chapitre|article|annexe|tableau|figure|page|section|"
    r"présidente?|directeur|directrice|ministre|maire|roi|reine|pape|empereur|siège|conseil|société)s?",
    re.IGNORECASE,
)


def french_names(text: str, offset: int, doc: Any) -> list[NameSpan]:
    """Returns the names of the parsed French piece of `text` that begins at `offset`, without overlaps, in order."""
    end = offset + len(doc.text)
    found = [
        NameSpan(match.start("name"), match.end("name"), "Person", source="french")
        for match in _TITLED.finditer(text, offset, end)
    ]
    found += [
        NameSpan(match.start("name"), match.end("name"), "Person", source="french")
        for match in _AFTER_ROLE.finditer(text, offset, end)
    ]
    found += [
        NameSpan(*match.span(), _of_words(match.group()) or "Organization", source="french")
        for match in _OF.finditer(text, offset, end)
    ]
    found += [
        NameSpan(
            start,
            stop,
            _of_words(text[start:stop]) or ("Person" if titled else _said_before(text, start) or _TYPES[span.label_]),
            source="french",
        )
        for span in doc.ents
        if span.label_ in _TYPES
        for start, stop, titled in [_bare(text, offset + span.start_char, offset + span.end_char, bool(span[0].is_sent_start))]
    ]
    taken = bytearray(len(doc.text))
    kept: list[NameSpan] = []
    for place in found:  # the surer first
        covered = slice(place.start - offset, place.end - offset)
        if place.end > place.start and not any(taken[covered]) and _is_french_name(text[place.start : place.end]):
            taken[covered] = b"\1" * (place.end - place.start)
            kept.append(place)
    return sorted(kept, key=lambda place: place.start)


def _bare(text: str, start: int, end: int, first: bool) -> tuple[int, int, bool]:
    """Returns the name without article, preposition, title and edges; and whether a title stood before it."""
    titled = False
    while start < end and not text[end - 1].isalnum():
        end -= 1
    while start < end:
        piece = text[start:end]
        article = (
            None if _OWN_ARTICLE.match(piece) else _ARTICLE.match(piece) or (_FIRST_ARTICLE.match(piece) if first else None)
        )
        title = _TITLE.match(piece)
        if match := article or title:
            titled = titled or title is not None
            start += match.end()
        elif not text[start].isalnum():
            start += 1
        else:
            break
    return start, end, titled


def _of_words(name: str) -> str | None:
    return next((kind for kind, words in _HEAD.items() if words.match(name)), None) if " " in name else None


def _said_before(text: str, start: int) -> str | None:
    before = text[max(0, start - 30) : start]
    return next((kind for kind, words in _KIND_BEFORE.items() if words.search(before)), None)


def _is_french_name(name: str) -> bool:
    return is_name(name) and not _NO_NAME.fullmatch(name) and "\n" not in name
