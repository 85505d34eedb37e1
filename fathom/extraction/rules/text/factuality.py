"""Tells whether a sentence asserts a verb: it is not negated, questioned, hypothetical, planned or merely claimed."""

from __future__ import annotations

from typing import Any

from fathom.extraction.rules.relations.relation_vocabulary import word_set

_NEGATIONS = word_set("not n't n’t never hardly scarcely barely neither nor no nobody none cannot")
_DOUBTS = word_set(
    "reportedly allegedly supposedly purportedly possibly probably perhaps maybe presumably potentially hypothetically "
    "apparently almost nearly conceivably"
)
# Modal verbs: possibility, obligation (`must`, `should`) and plans (`will`, `shall`).
_MODALS = word_set("may might could would should can must will shall ought 'll ’ll 'd ’d ca wo sha")
_SUPPOSES = frozenset(["if", "unless", "whether", "lest", "provided", "providing", "supposing", "assuming"])
# Conjunctions that open a clause of the future when its verb is in the present: `once Nokia buys …`.
_AWAITS = word_set("when once after before until till as")
# A clause below any of these verbs is affirmed; below any other it is wished, planned, doubted or denied.
_TELLS = word_set(
    "announce confirm show reveal report know learn remember recall find discover note add state declare mention "
    "acknowledge admit realise realize see explain record prove demonstrate observe say tell write recount hear celebrate "
    "mean ensure establish document describe understand regret notice stress emphasise emphasize recognise recognize be"
)
_GOES_ON = word_set("begin start continue go come manage help get keep finish stop proceed use cease resume")
_WRONGLY = word_set("wrongly falsely mistakenly incorrectly erroneously inaccurately untruthfully")
_UNTRUE_ADJECTIVES = word_set(
    "false untrue wrong incorrect impossible unlikely likely doubtful unclear possible probable unfounded baseless uncertain "
    "inaccurate conceivable unproven questionable lie myth rumour rumor hoax nonsense invention fiction legend lie fabrication"
)
_IMAGINES = frozenset({"assume", "suppose", "imagine", "pretend"})
_DENIES = word_set("deny dismiss reject dispute refute debunk doubt question contradict disprove retract")
_TRUE_ADJECTIVES = word_set("proud glad happy pleased sad first last delighted known clear true famous")
_WITHOUT = frozenset(["without", "except", "besides", "unlike", "instead"])
_NOT_YET = word_set(
    "future prospective proposed planned would-be alleged possible potential purported aspiring supposed hypothetical"
)
_UNTRUE = word_set(
    "claim allegation rumour rumor suggestion denial lie myth fiction hoax idea possibility story tale theory "
    "speculation belief fear charge accusation proposal plan threat hope offer"
)
_FACTS = word_set("fact news announcement evidence proof report discovery day year time place moment way")
_FORMER = frozenset(["former", "ex", "then", "erstwhile", "onetime", "one-time", "outgoing", "retired", "previous", "past"])
_STATES = word_set(
    "be own belong possess hold control have base locate situate headquarter house contain occupy live reside work employ run "
    "manage lead head chair operate play serve represent sponsor"
)
_ONCE = frozenset({"previously", "formerly", "once", "originally", "initially"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_OPEN_CLAUSES = frozenset({"xcomp", "ccomp", "csubj", "csubjpass"})


def is_asserted(verb: Any) -> bool:
    """Returns whether the verb's statement is asserted as fact."""
    if is_question(verb.sent) or (verb.lemma_ == "be" and _is_denied(verb)):
        return False
    word, judged = verb, True  # `judged`: dependents of the word count for the verb below it
    while True:
        if judged and not _holds(word):
            return False
        if word.head.i == word.i:
            return True
        stays = _stays_true(word)
        if stays is not None:
            return stays
        judged = word.dep_ != "conj" or _shares(word)
        word = word.head


def has_ended(verb: Any) -> bool:
    """Returns whether the sentence says that a state has ended: `was formerly owned by`, `used to own`."""
    if verb.lemma_ not in _STATES:
        return False
    if verb.dep_ == "xcomp" and verb.head.lemma_ == "use" and _has_to(verb):
        return True
    return any(child.dep_ == "advmod" and child.lower_ in _ONCE for child in verb.children)


def is_noun_asserted(noun: Any) -> bool:
    """Returns whether a relational noun is asserted: not a `future director`, not `no member`."""
    refused = _NOT_YET | _NEGATIONS | _DOUBTS
    first = noun.left_edge
    if first.i > noun.sent.start and first.nbor(-1).lower_ in ("not", "never", "no"):
        return False
    return not is_question(noun.sent) and not any(child.lower_ in refused for child in noun.children)


def is_former(noun: Any) -> bool:
    """Returns whether the noun is a former role: `former director`, `ex-wife`; not `his ex-model wife`."""
    for child in noun.children:
        if child.lower_ in _FORMER and (child.i + 1 == noun.i or child.nbor(1).text != "-" or child.i + 2 == noun.i):
            return True
    return False


def governing_verb(word: Any) -> Any:
    """Returns the verb above the word, or the root of its sentence."""
    while word.pos_ not in ("VERB", "AUX") and word.head.i != word.i:
        word = word.head
    return word


def is_question(sentence: Any) -> bool:
    """Returns whether the sentence ends as a question."""
    return str(sentence.text).rstrip(" \"'”’)*_\n").endswith("?")


def _holds(word: Any) -> bool:
    """Returns whether no dependent of the word negates, supposes, plans or doubts it."""
    for child in word.children:
        form, role = child.lower_, child.dep_
        if form == "not" and child.i + 1 < len(word.doc) and word.doc[child.i + 1].lower_ == "only":
            continue
        if role == "neg" or (role in ("advmod", "preconj", "det", "cc") and form in _NEGATIONS):
            return False
        if role == "aux" and form in _MODALS:
            return False
        if form == "according" and any(below.lemma_.lower() in _UNTRUE for below in child.subtree):
            return False
        if form in _DOUBTS or (role in ("mark", "advmod") and form in _SUPPOSES):
            return False
        if role in ("nsubj", "nsubjpass", "dobj", "attr") and _is_none(child):
            return False
        if form in ("longer", "more") and any(below.lower_ == "no" for below in child.children):
            return False
    return not _is_wanted(word)


def _is_none(word: Any) -> bool:
    nothing = word.lower_ in ("nobody", "none", "neither", "nothing")
    return nothing or any(
        child.dep_ in ("det", "neg", "preconj") and child.lower_ in ("no", "neither", "not") and child.nbor(1).lower_ != "only"
        for child in word.children
    )


def _is_wanted(word: Any) -> bool:
    """Returns whether the verb is an order, `Buy …`, or an infinitive of purpose, `to buy X, she …`."""
    if _has_to(word) and word.dep_ in ("advcl", "ROOT", "relcl", "appos"):
        return not (word.dep_ == "relcl" and _is_past(word) and _is_one_of_few(word.head))
    return word.dep_ == "ROOT" and word.tag_ == "VB" and not any(child.dep_ in _SUBJECTS for child in word.children)


def _stays_true(word: Any) -> bool | None:
    """Returns whether the clause is true regardless of the words above it; None where these decide."""
    role, head = word.dep_, word.head
    if role in ("relcl", "acl") and _opens_with_that(word) and _is_untrue(head):
        return False
    if role in ("relcl", "appos", "parataxis"):
        return True
    if role == "advcl":
        opening = next((child.lower_ for child in word.children if child.dep_ in ("mark", "advmod") and child.i < word.i), None)
        if opening is None or opening == "that":
            return None if opening is None or head.lemma_ in _TELLS else False
        return not (opening in _AWAITS and word.tag_ in ("VBZ", "VBP") and not any(c.dep_ == "aux" for c in word.children))
    if role == "acl":
        if word.tag_ in ("VBN", "VBG"):
            return not _is_none(head)
        known = _is_one_of_few(head)
        affirmed = head.lemma_.lower() in _FACTS and not _is_denied(governing_verb(head))
        return known if _has_to(word) else affirmed
    if role in _OPEN_CLAUSES and word.pos_ in ("VERB", "AUX"):
        if word.i < head.i and any(token.text in ";:" for token in word.doc[word.i : head.i]):
            return True  # a sentence of its own
        return None if _is_told(word, head) else False
    if role == "pcomp":
        below = head.lower_ in ("by", "after", "in", "since", "while", "on", "upon", "for", "of")
        return None if below and head.head.lemma_.lower() not in _UNTRUE and head.head.pos_ in ("VERB", "AUX") else False
    if role in ("pobj", "prep") and (head.lower_ in _WITHOUT or word.lower_ in _WITHOUT):
        return False
    if role == "conj" and any(child.dep_ == "cc" and child.lower_ in ("or", "nor") for child in head.children):
        return False
    return None


def _is_one_of_few(noun: Any) -> bool:
    few = ("first", "last", "only")
    return noun.lower_ in few or any(child.lower_ in few for child in noun.children)


def _is_past(verb: Any) -> bool:
    return any(child.dep_ == "aux" and child.lemma_ == "have" for child in verb.children)


def _is_untrue(noun: Any) -> bool:
    """Returns whether a noun reports something untrue: a rumour, or a report that is said to be wrong."""
    word = noun.lemma_.lower()
    above = governing_verb(noun)
    return word in _UNTRUE or above.lemma_ in _IMAGINES or (word in _FACTS and _is_denied(above))


def _is_denied(verb: Any) -> bool:
    """Returns whether the verb denies a clause or report: `is untrue`, `wrongly stated`."""
    if verb.lemma_ in _DENIES:
        return True
    return any(
        child.lower_ in _WRONGLY or (child.dep_ in ("acomp", "attr", "oprd") and child.lower_ in _UNTRUE_ADJECTIVES)
        for child in verb.children
    )


def _is_told(word: Any, head: Any) -> bool:
    """Returns whether the word above a clause affirms it."""
    if _is_denied(head):
        return False
    if head.pos_ in ("VERB", "AUX"):
        if word.dep_ == "xcomp":
            return head.lemma_ in _GOES_ON or (head.lemma_ == "be" and not _has_to(word))
        return head.lemma_ in _TELLS
    return head.pos_ != "ADJ" or head.lower_ in _TRUE_ADJECTIVES


def _opens_with_that(word: Any) -> bool:
    return any(child.lower_ == "that" for child in word.children) or word.head.nbor(1).lower_ == "that"


def _shares(word: Any) -> bool:
    """Returns whether a verb after `and` shares the negation or supposition of the verb before it: `did not buy and sell`."""
    head = word.head
    if any(child.dep_ in _SUBJECTS or child.dep_ == "aux" for child in word.children):
        return False
    if any(child.dep_ == "cc" and child.lower_ in ("but", "yet") for child in head.children):
        return False
    return bool(word.tag_ == head.tag_)


def _has_to(word: Any) -> bool:
    return any(child.dep_ == "aux" and child.lower_ == "to" for child in word.children)
