"""Short texts in the code page of their language are read as they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.conversion.encodings.text_encoding import encoding_of

# Each language with the encodings its files come in, and a few short texts: sentences, names, lines of a table.
WRITTEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Polish": (
        ("cp1250", "iso-8859-2"),
        (
            "Zażółć gęślą jaźń, dziękuję bardzo za list.",
            "Łódź leży daleko od morza.",
            "Imię;Miasto\nŻaneta;Kraków\nMałgorzata;Gdańsk\n",
            "Proszę przyjść o piątej.",
        ),
    ),
    "Czech": (
        ("cp1250", "iso-8859-2"),
        (
            "Příliš žluťoučký kůň pěl ďábelské ódy.",
            "Děkuji za dopis, přijedu v úterý.",
            "Jméno;Město\nJiří;Plzeň\nTomáš;Ústí\n",
            "Účet zaplatíme později.",
        ),
    ),
    "Slovak": (
        ("cp1250",),
        ("Ďakujem za list, prídem v piatok večer.", "Naše mesto má štyri mosty.", "Účet zaplatíme neskôr."),
    ),
    "Hungarian": (
        ("cp1250", "iso-8859-2"),
        (
            "Árvíztűrő tükörfúrógép áll a műhelyben.",
            "Köszönöm a levelet, holnap jövök.",
            "Név;Város\nGyőző;Győr\nErzsébet;Pécs\n",
        ),
    ),
    "Romanian": (
        ("cp1250", "iso-8859-2"),
        ("Mulţumesc pentru scrisoare, vă aştept mâine.", "Oraşul are patru poduri şi două gări."),
    ),
    "Croatian": (
        ("cp1250",),
        ("Želim vam ugodan dan i hvala na pismu.", "Naš grad leži između dviju rijeka.", "Ćiro i Đuro idu u školu."),
    ),
    "Slovene": (("cp1250",), ("Hvala za pismo, pridem v četrtek zvečer.", "Češnje že zorijo v našem vrtu.")),
    "Russian": (
        ("cp1251", "koi8-r", "iso-8859-5", "cp866"),
        (
            "Спасибо за письмо, я приеду завтра.",
            "Наш город стоит на большой реке.",
            "Имя;Город\nИван;Тверь\nОльга;Пермь\n",
            "Съешь ещё этих булок.",
        ),
    ),
    "Ukrainian": (
        ("cp1251", "koi8-u"),
        ("Дякую за лист, приїду завтра ввечері.", "Наше місто має чотири мости.", "Ґанок її хати"),
    ),
    "Bulgarian": (("cp1251",), ("Благодаря за писмото, ще дойда утре.", "Градът има четири моста и две гари.")),
    "Serbian": (("cp1251",), ("Хвала на писму, долазим сутра увече.", "Њихов град има четири ђумрука.")),
    "Greek": (
        ("cp1253", "iso-8859-7"),
        ("Ευχαριστώ για το γράμμα, έρχομαι αύριο.", "Η πόλη μας έχει τέσσερις γέφυρες.", "Όνομα;Πόλη\nΓιώργος;Πάτρα\n"),
    ),
    "Turkish": (
        ("cp1254", "iso-8859-9"),
        (
            "Mektup için teşekkürler, yarın geleceğim.",
            "Şehrimizin dört köprüsü ve iki garı var.",
            "Adı;Şehir\nAyşe;İzmir\nÇağrı;Muş\n",
        ),
    ),
    "Lithuanian": (
        ("cp1257",),
        ("Ačiū už laišką, atvažiuosiu rytoj vakare.", "Mūsų miestas turi keturis tiltus.", "Žąsys grįžta į šiaurę."),
    ),
    "Latvian": (("cp1257",), ("Paldies par vēstuli, es atbraukšu rīt.", "Mūsu pilsētai ir četri tilti.", "Ģirts un Šķēle")),
    "Estonian": (("cp1257", "cp1252"), ("Aitäh kirja eest, tulen homme õhtul.", "Meie linnas on neli silda ja üks jõgi.")),
    "German": (
        ("cp1252", "iso-8859-15", "cp850"),
        ("Danke für den Brief, ich komme übermorgen.", "Die Straße führt über vier Brücken.", "Größe;Länge\nMünchen;Köln\n"),
    ),
    "French": (
        ("cp1252", "mac-roman"),
        (
            "Merci pour ta lettre, j'arrive après-demain soirée.",
            "L'été dernier, nous étions à la forêt.",
            "Prénom;Ville\nFrançois;Besançon\nZoé;Nîmes\n",
        ),
    ),
    "Spanish": (
        ("cp1252",),
        ("Gracias por la carta, llegaré mañana.", "¿Cuándo abre el museo del niño?", "Año;Población\n1999;Logroño\n"),
    ),
    "Portuguese": (
        ("cp1252",),
        ("Obrigado pela carta, não posso ir amanhã.", "A estação fica à direita da praça.", "Não há pão."),
    ),
    "Italian": (("cp1252",), ("Grazie per la lettera, verrò lunedì.", "La città è più bella perché c'è il mare.")),
    "Swedish": (
        ("cp1252", "cp850"),
        ("Tack för brevet, jag kommer på lördag.", "Vår stad har fyra broar över ån.", "Namn;Ort\nÅsa;Växjö\n"),
    ),
    "Danish": (
        ("cp1252", "cp850"),
        ("Tak for brevet, jeg kommer på lørdag.", "Byen har fire broer over åen.", "Navn;By\nSøren;Århus\n"),
    ),
    "Norwegian": (
        ("cp1252",),
        ('"Navn, fornavn";Beløp;By\n"Holm, Ruth";25,00;Alta\n"Lie, Per";7,50;Bodø\n', "Takk for brevet, vi møtes på lørdag."),
    ),
    "Finnish": (("cp1252",), ("Kiitos kirjeestä, tulen huomenna myöhään.", "Meidän kylässämme on neljä siltaa.")),
    "Icelandic": (("cp1252",), ("Takk fyrir bréfið, ég kem á þriðjudag.", "Borgin hefur fjórar brýr yfir ána.")),
    "Hebrew": (("cp1255",), ("תודה על המכתב, אבוא מחר בערב.", "לעיר שלנו יש ארבעה גשרים.")),
    "Arabic": (("cp1256",), ("شكرا على الرسالة، سأصل غدا مساء.", "في مدينتنا أربعة جسور ومحطتان.")),
    "Thai": (("cp874",), ("ขอบคุณสำหรับจดหมาย ฉันจะมาพรุ่งนี้", "เมืองของเรามีสะพานสี่แห่ง")),
    "Japanese": (
        ("cp932", "euc_jp"),
        ("お手紙ありがとうございます。明日行きます。", "この町には橋が四つあります。", "氏名,都市\n田中,大阪\n"),
    ),
    "Chinese": (("gb18030",), ("谢谢你的来信，我明天晚上到。", "我们的城市有四座桥和两个车站。", "姓名,城市\n王芳,上海\n")),
    "Chinese of Taiwan": (("big5",), ("謝謝你的來信，我明天晚上到。", "我們的城市有四座橋和兩個車站。")),
    "Korean": (("cp949",), ("편지 고맙습니다. 내일 저녁에 갑니다.", "우리 도시에는 다리가 네 개 있습니다.")),
}
SHARE_RIGHT = 0.95


def read(path: Path, content: bytes) -> str | None:
    path.write_bytes(content)
    codec = encoding_of(path)
    return content.decode(codec, errors="replace") if codec else None


def test_short_texts_of_many_languages_are_read_as_they_were_written(tmp_path: Path) -> None:
    wrong: list[str] = []
    tried = 0
    for name, (codecs, texts) in WRITTEN.items():
        for codec in codecs:
            for text in texts:
                tried += 1
                found = read(tmp_path / "a.txt", text.encode(codec))
                if found != text:
                    wrong.append(f"{name} in {codec}: {text!r} became {found!r}")
    assert tried >= 120
    assert len(wrong) <= (1 - SHARE_RIGHT) * tried, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name, (codecs, _) in WRITTEN.items() if codecs[0].startswith("cp")])
def test_the_pages_of_windows_are_always_told(tmp_path: Path, name: str) -> None:
    codecs, texts = WRITTEN[name]
    assert [read(tmp_path / "a.txt", text.encode(codecs[0])) for text in texts] == list(texts)


@pytest.mark.parametrize(
    "text",
    [
        "The ship’s “fee” – 5 € a day, that’s all.",
        "Café",
        "A 5 m² room at 20 °C costs £40 ½ a day.",
        "Dvořák",
        "naïve façade, São Paulo, Zürich",
        "name,price\nTea,3 €\n",
    ],
)
def test_a_few_marks_and_names_in_english_stay(tmp_path: Path, text: str) -> None:
    codec = "cp1250" if "ř" in text else "cp1252"
    assert read(tmp_path / "a.txt", text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["Russian", "Greek", "Japanese", "Arabic", "German"])
def test_utf_16_needs_no_mark_in_any_script(tmp_path: Path, codec: str, name: str) -> None:
    text = "\n".join(WRITTEN[name][1])
    assert read(tmp_path / "a.txt", text.encode(codec)) == text


def test_a_broken_character_makes_no_other_encoding_of_utf_8(tmp_path: Path) -> None:
    text = "Größe und Länge der Brücken überraschten die Gäste. " * 5
    content = text.encode()
    found = read(tmp_path / "a.txt", content + b"\xe4" + content + b"\xc3")
    assert found is not None
    assert found.count("Größe") == 10
    assert found.count("\ufffd") == 2


def test_japanese_of_mails_is_read_though_its_bytes_are_ascii(tmp_path: Path) -> None:
    assert read(tmp_path / "a.txt", "港は静かです。".encode("iso2022_jp")) == "港は静かです。"


def test_a_byte_that_a_page_lacks_does_not_change_the_page(tmp_path: Path) -> None:
    text = "Danke für den Brief, ich komme übermorgen. " * 3
    found = read(tmp_path / "a.txt", text.encode("cp1252") + b"\x81 Ende")
    assert found is not None
    assert found.startswith(text)


@pytest.mark.parametrize("codec", ["utf-32-le", "utf-32-be"])
def test_utf_32_without_a_mark_is_told_by_its_zeros(tmp_path: Path, codec: str) -> None:
    (tmp_path / "a.txt").write_bytes("Größe des Bootes\n船は港に\n".encode(codec))
    assert encoding_of(tmp_path / "a.txt") == codec


def test_a_zero_byte_in_a_field_does_not_make_a_text_a_binary(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"name,age\nAna\x00,5\nBo,6\n")
    (tmp_path / "a.bin").write_bytes(b"\x7f\x00\x01\x02\x00\x00name\x00\x00\x00\x03\x04")
    assert encoding_of(tmp_path / "a.csv") == "utf-8"
    assert encoding_of(tmp_path / "a.bin") is None


def test_a_euro_sign_tells_latin_9_from_windows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Le bateau coûte 5 € à l'été, sœur.".encode("iso-8859-15"))
    assert encoding_of(tmp_path / "a.txt") == "iso-8859-15"


def test_arabic_of_iso_is_not_taken_for_windows(tmp_path: Path) -> None:
    text = "عاد القارب إلى الميناء مساء أمس وقال القبطان إن البحر كان هادئا"
    (tmp_path / "a.txt").write_bytes(text.encode("iso-8859-6"))
    assert encoding_of(tmp_path / "a.txt") == "iso-8859-6"
