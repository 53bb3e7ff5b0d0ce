"""Which Faker locale a country, a nationality, a language or a locale string means.

Two tables written as text, one line an entry, read once on import. Names are compared without case
and accents; a name that two entries share (``fr``: a country and a language) is told apart by the
kind of the column it stands in.
"""

from __future__ import annotations

import re

from synthohive_jupyter.privacy.providers import fold

DEFAULT_LOCALE = "en_US"

_COUNTRIES = """
AE ARE|ar_AE|United Arab Emirates, UAE, Emirati, الإمارات
AM ARM|hy_AM|Armenia, Armenian, Հայաստան
AR ARG|es_AR|Argentina, Argentine, Argentinian, argentino, argentina
AT AUT|de_AT|Austria, Austrian, Österreich, österreichisch, Autriche, Oostenrijk
AU AUS|en_AU|Australia, Australian, Australie, Australien
AZ AZE|az_AZ|Azerbaijan, Azerbaijani, Azərbaycan
BA BIH|bs_BA|Bosnia and Herzegovina, Bosnia, Bosnian, Bosna i Hercegovina
BD BGD|bn_BD|Bangladesh, Bangladeshi, বাংলাদেশ
BE BEL|nl_BE fr_BE|Belgium, Belgian, België, Belgique, Belgien, belge, Bélgica, Belgio
BG BGR|bg_BG|Bulgaria, Bulgarian, България
BR BRA|pt_BR|Brazil, Brazilian, Brasil, brasileiro, brasileira, Brésil, Brasilien, Brasile
CA CAN|en_CA fr_CA|Canada, Canadian, Kanada, canadien, canadienne
CH CHE|de_CH fr_CH it_CH|Switzerland, Swiss, Schweiz, schweizerisch, Suisse, Svizzera, Suiza
CL CHL|es_CL|Chile, Chilean, chileno, chilena
CN CHN|zh_CN|China, Chinese, 中国, 中國, Chine, Volksrepublik China
CO COL|es_CO|Colombia, Colombian, colombiano, colombiana, Kolumbien
CY CYP|el_CY|Cyprus, Cypriot, Κύπρος, Zypern, Chypre
CZ CZE|cs_CZ|Czechia, Czech Republic, Czech, Česko, Česká republika, Tschechien
DE DEU|de_DE|Germany, German, Deutschland, deutsch, Allemagne, allemand, Alemania, Germania, Duitsland
DK DNK|da_DK|Denmark, Danish, Danmark, dansk, Dänemark, Danemark
DZ DZA|ar_DZ fr_DZ|Algeria, Algerian, Algérie, algérien, الجزائر
EE EST|et_EE|Estonia, Estonian, Eesti, Estland
EG EGY|ar_EG|Egypt, Egyptian, Égypte, مصر
ES ESP|es_ES|Spain, Spanish, España, español, española, Espagne, Spanien, Spagna, Espanha, Spanje
ET ETH|am_ET|Ethiopia, Ethiopian, ኢትዮጵያ
FI FIN|fi_FI|Finland, Finnish, Suomi, suomalainen, Finnland, Finlande
FR FRA|fr_FR|France, French, français, française, Frankreich, französisch, Francia, França, Frankrijk
GB GBR|en_GB|United Kingdom, UK, Great Britain, Britain, British, England, Royaume-Uni, Vereinigtes Königreich, Großbritannien, Reino Unido, Regno Unito
GE GEO|ka_GE|Georgia, Georgian, საქართველო
GH GHA|tw_GH|Ghana, Ghanaian
GR GRC|el_GR|Greece, Greek, Ελλάδα, Griechenland, Grèce, Grecia
HR HRV|hr_HR|Croatia, Croatian, Hrvatska, Kroatien, Croatie
HU HUN|hu_HU|Hungary, Hungarian, Magyarország, magyar, Ungarn, Hongrie
ID IDN|id_ID|Indonesia, Indonesian, Indonesien, Indonésie
IE IRL|en_IE ga_IE|Ireland, Irish, Éire, Irland, Irlande
IL ISR|he_IL|Israel, Israeli, ישראל
IN IND|en_IN hi_IN ta_IN gu_IN mr_IN or_IN|India, Indian, भारत, Indien, Inde
IR IRN|fa_IR|Iran, Iranian, Islamic Republic of Iran, ایران
IS ISL|is_IS|Iceland, Icelandic, Ísland, Island
IT ITA|it_IT|Italy, Italian, Italia, italiano, italiana, Italie, italien, Italien, Itália, Italië
JO JOR|ar_JO|Jordan, Jordanian, الأردن
JP JPN|ja_JP|Japan, Japanese, 日本, Japon
KE KEN|en_KE|Kenya, Kenyan, Kenia
KR KOR|ko_KR|South Korea, Korea, Korean, Republic of Korea, 대한민국, 한국, Südkorea, Corée du Sud
LI LIE|de_LI|Liechtenstein, Liechtensteiner
LK LKA|si_LK|Sri Lanka, Sri Lankan
LT LTU|lt_LT|Lithuania, Lithuanian, Lietuva, Litauen, Lituanie
LU LUX|lb_LU de_LU|Luxembourg, Luxembourger, Luxemburg, Lëtzebuerg
LV LVA|lv_LV|Latvia, Latvian, Latvija, Lettland, Lettonie
MK MKD|mk_MK|North Macedonia, Macedonia, Macedonian, Македонија
MT MLT|mt_MT|Malta, Maltese
MX MEX|es_MX|Mexico, Mexican, México, mexicano, mexicana, Mexique, Mexiko, Messico
NG NGA|en_NG ha_NG ig_NG yo_NG|Nigeria, Nigerian, Nigéria
NL NLD|nl_NL|Netherlands, The Netherlands, Holland, Dutch, Nederland, Nederlands, Niederlande, Pays-Bas, Países Bajos, Paesi Bassi
NO NOR|no_NO|Norway, Norwegian, Norge, norsk, Norwegen, Norvège
NP NPL|ne_NP|Nepal, Nepali, Nepalese, नेपाल
NZ NZL|en_NZ|New Zealand, New Zealander, Neuseeland, Nouvelle-Zélande
PH PHL|en_PH fil_PH tl_PH|Philippines, Philippine, Filipino, Pilipinas, Philippinen
PK PAK|en_PK|Pakistan, Pakistani
PL POL|pl_PL|Poland, Polish, Polska, polski, polska, Polen, Pologne, Polonia
PT PRT|pt_PT|Portugal, Portuguese, português, portuguesa, portugais, portugiesisch
RO ROU|ro_RO|Romania, Romanian, România, Rumänien, Roumanie
RS SRB|sr_BA|Serbia, Serbian, Srbija, Србија
RU RUS|ru_RU|Russia, Russian, Russian Federation, Россия, Russland, Russie
SA SAU|ar_SA|Saudi Arabia, Saudi, السعودية, Saudi-Arabien
SE SWE|sv_SE|Sweden, Swedish, Sverige, svensk, Schweden, Suède, Suecia
SI SVN|sl_SI|Slovenia, Slovenian, Slovenija, Slowenien
SK SVK|sk_SK|Slovakia, Slovak, Slovensko, Slowakei, Slovaquie
TH THA|th_TH en_TH|Thailand, Thai, ประเทศไทย, Thaïlande
TR TUR|tr_TR|Turkey, Türkiye, Turkish, Türk, Türkei, Turquie
TW TWN|zh_TW|Taiwan, Taiwanese, 台灣, 臺灣, 台湾
UA UKR|uk_UA|Ukraine, Ukrainian, Україна
US USA|en_US|United States, United States of America, U.S., U.S.A., America, American, États-Unis, Vereinigte Staaten, Estados Unidos, Stati Uniti, Verenigde Staten
UZ UZB|uz_UZ|Uzbekistan, Uzbek
VN VNM|vi_VN|Vietnam, Viet Nam, Vietnamese, Việt Nam
ZA ZAF|zu_ZA|South Africa, South African, Südafrika, Afrique du Sud
"""  # noqa: E501 - one country a line

_LANGUAGES = """
am amh|am_ET|Amharic
ar ara|ar_SA|Arabic, العربية, arabe, Arabisch
az aze|az_AZ|Azerbaijani
bg bul|bg_BG|Bulgarian, български
bn ben|bn_BD|Bengali, বাংলা
bs bos|bs_BA|Bosnian, bosanski
cs ces|cs_CZ|Czech, čeština
da dan|da_DK|Danish, dansk
de deu|de_DE|German, Deutsch, allemand, alemán, tedesco, Duits
el ell|el_GR|Greek, ελληνικά
en eng|en_US|English, anglais, Englisch, inglés, inglese, Engels
es spa|es_ES|Spanish, español, castellano, espagnol, Spanisch, spagnolo
et est|et_EE|Estonian, eesti
fa fas|fa_IR|Persian, Farsi, فارسی
fi fin|fi_FI|Finnish, suomi
fr fra|fr_FR|French, français, Französisch, francés, francese, Frans
ga gle|ga_IE|Irish, Gaeilge
gu guj|gu_IN|Gujarati
he heb|he_IL|Hebrew, עברית
hi hin|hi_IN|Hindi, हिन्दी
hr hrv|hr_HR|Croatian, hrvatski
hu hun|hu_HU|Hungarian, magyar
hy hye|hy_AM|Armenian
id ind|id_ID|Indonesian, bahasa Indonesia
is isl|is_IS|Icelandic, íslenska
it ita|it_IT|Italian, italiano, italien, Italienisch, Italiaans
ja jpn|ja_JP|Japanese, 日本語, japonais, Japanisch
ka kat|ka_GE|Georgian
ko kor|ko_KR|Korean, 한국어, coréen, Koreanisch
lb ltz|lb_LU|Luxembourgish
lt lit|lt_LT|Lithuanian, lietuvių
lv lav|lv_LV|Latvian, latviešu
mk mkd|mk_MK|Macedonian
mt mlt|mt_MT|Maltese
ne nep|ne_NP|Nepali
nl nld|nl_NL|Dutch, Nederlands, néerlandais, Niederländisch
no nor|no_NO|Norwegian, norsk
pl pol|pl_PL|Polish, polski, polonais, Polnisch
pt por|pt_PT|Portuguese, português, portugais, Portugiesisch
ro ron|ro_RO|Romanian, română
ru rus|ru_RU|Russian, русский, russe, Russisch
sk slk|sk_SK|Slovak, slovenčina
sl slv|sl_SI|Slovenian, slovenščina
sv swe|sv_SE|Swedish, svenska
ta tam|ta_IN|Tamil
th tha|th_TH|Thai, ไทย
tr tur|tr_TR|Turkish, Türkçe
uk ukr|uk_UA|Ukrainian, українська
vi vie|vi_VN|Vietnamese, tiếng Việt
zh zho|zh_CN|Chinese, 中文, chinois, Chinesisch
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    """Return folded code or name to locales; a code wins over a name."""
    codes, names = {}, {}
    for line in table.strip().splitlines():
        short, locales, long = line.split("|")
        found = tuple(locales.split())
        codes.update({fold(code): found for code in short.split()})
        names.update({fold(name.strip()): found for name in long.split(",")})
    return names | codes


COUNTRIES = _read(_COUNTRIES)
LANGUAGES = _read(_LANGUAGES)
LOCALES = frozenset(name for row in (*COUNTRIES.values(), *LANGUAGES.values()) for name in row)
"""Every locale that a fake can have; all are known to Faker."""

_LOCALE = re.compile(r"([a-z]{2,3})[-_]([a-z]{2})(?:[.@].*)?")


def locales_of_country(value: str) -> tuple[str, ...]:
    """Return the locales of a country or nationality, the usual one first; ``()`` if unknown.

    >>> locales_of_country("FRA"), locales_of_country("Österreich"), locales_of_country("Swiss")
    (('fr_FR',), ('de_AT',), ('de_CH', 'fr_CH', 'it_CH'))
    """
    return COUNTRIES.get(fold(value.strip()), ()) or locales_of_tag(value)


def locales_of_language(value: str) -> tuple[str, ...]:
    """Return the locales of a language; ``()`` if unknown.

    >>> locales_of_language("Deutsch"), locales_of_language("fr-CH")
    (('de_DE',), ('fr_CH',))
    """
    return LANGUAGES.get(fold(value.strip()), ()) or locales_of_tag(value)


def locales_of_tag(value: str) -> tuple[str, ...]:
    """Return the locale that a tag such as ``fr_FR``, ``fr-FR`` or ``fr_FR.UTF-8`` names."""
    match = _LOCALE.fullmatch(value.strip().lower())
    if match is None:
        return ()
    name = f"{match[1]}_{match[2].upper()}"
    return (name,) if name in LOCALES else LANGUAGES.get(match[1], ())


def choose_locale(country: str | None, language: str | None, tag: str | None) -> str | None:
    """Return the one locale that fits best what a row says, or ``None`` if it says nothing.

    A locale tag decides; else the country, and among its locales the language; else the language.

    >>> choose_locale("Switzerland", "French", None), choose_locale("FR", "de", None)
    ('fr_CH', 'fr_FR')
    """
    if tag and (found := locales_of_tag(tag) or locales_of_language(tag)):
        return found[0]
    places = locales_of_country(country) if country else ()
    spoken = locales_of_language(language) if language else ()
    prefixes = {name.split("_")[0] for name in spoken}
    fitting = [name for name in places if name.split("_")[0] in prefixes]
    return next(iter([*fitting, *places, *spoken]), None)
