"""What can be faked: the closed list of providers, and which one a column name asks for.

`PROVIDERS` is an allow-list: a name that a user writes is looked up here and never in Faker itself.
No pandas and no Faker are imported, because the language reads this module.
"""

from __future__ import annotations

import re
import unicodedata

TEXT, DIGITS, DATE, NUMBER = "text", "digits", "date", "number"

PROVIDERS = {
    "name": TEXT, "first_name": TEXT, "first_name_female": TEXT, "first_name_male": TEXT,
    "last_name": TEXT, "email": TEXT, "user_name": TEXT, "phone_number": DIGITS,
    "address": TEXT, "street_address": TEXT, "city": TEXT, "postcode": DIGITS, "state": TEXT,
    "country": TEXT, "company": TEXT, "job": TEXT, "ssn": DIGITS, "iban": TEXT,
    "credit_card_number": DIGITS, "passport_number": DIGITS, "license_plate": TEXT, "ipv4": TEXT,
    "ipv6": TEXT, "mac_address": TEXT, "url": TEXT, "uuid4": TEXT, "date_of_birth": DATE,
    "date": DATE, "sentence": TEXT, "word": TEXT, "neutral": TEXT, "number": NUMBER,
    "latitude": NUMBER, "longitude": NUMBER,
}  # fmt: skip
"""Provider to its form: text, digits (text that also fits a number column), date or number."""

VOCABULARIES = frozenset(
    {"first_name", "first_name_female", "first_name_male", "last_name", "city", "postcode",
     "state", "country", "company", "job", "word", "date_of_birth", "date", "number", "latitude",
     "longitude"}
)  # fmt: skip
"""Providers whose values many people share, so that only a *rare* real value must be avoided."""

ALIASES = {
    "full_name": "name", "firstname": "first_name", "lastname": "last_name", "surname": "last_name",
    "mail": "email", "username": "user_name", "phone": "phone_number", "street": "street_address",
    "zip": "postcode", "zipcode": "postcode", "postalcode": "postcode", "ip": "ipv4",
    "credit_card": "credit_card_number", "passport": "passport_number", "mac": "mac_address",
    "uuid": "uuid4", "dob": "date_of_birth", "birthdate": "date_of_birth", "text": "sentence",
}  # fmt: skip
"""Other names of providers that a rule may use."""

_WORDS = {
    "email": "email e_mail mail email_address e_mail_address mail_address courriel "
    "correo correo_electronico posta_elettronica",
    "phone_number": "phone phone_number telephone tel mobile mobile_number cell cell_phone "
    "cellphone fax telefon telefonnummer handy handynummer mobil telefono telefone celular "
    "telemovel movil cellulare telefoonnummer telefoon portable",
    "first_name": "first_name firstname given_name givenname forename fname prenom vorname nombre "
    "nome voornaam imie primeiro_nome primer_nombre middle_name",
    "last_name": "last_name lastname surname family_name familyname lname nom nom_de_famille "
    "nachname familienname apellido apellidos cognome sobrenome apelido achternaam nazwisko "
    "maiden_name",
    "name": "name full_name fullname naam nom_complet nombre_completo nome_completo "
    "volledige_naam kundenname customer_name contact_name",
    "user_name": "user_name username login nickname screen_name handle benutzername utente "
    "nom_utilisateur usuario gebruikersnaam",
    "ssn": "ssn social_security social_security_number sin national_id national_insurance nino "
    "nss nir tax_id tin steuer_id sozialversicherungsnummer codice_fiscale dni nie nif cpf bsn "
    "pesel personnummer",
    "street_address": "street street_address address_line address_1 address_2 address1 address2 "
    "addr rue strasse calle via rua straat ulica logradouro",
    "address": "address full_address postal_address home_address adresse anschrift direccion "
    "indirizzo endereco morada adres",
    "city": "city town municipality ville stadt ort wohnort ciudad citta cidade stad plaats miasto",
    "postcode": "postcode post_code postal_code postalcode zip zipcode zip_code code_postal plz "
    "postleitzahl codigo_postal cap cep kod_pocztowy",
    "state": "state province bundesland provincia estado",
    "country": "country pays land pais paese kraj",
    "iban": "iban bank_account account_number kontonummer compte_bancaire conta",
    "credit_card_number": "credit_card creditcard credit_card_number card_number cc_number "
    "cardnumber pan kreditkarte carte_bancaire tarjeta carta_di_credito cartao",
    "ipv4": "ip ip_address ipv4 ip_addr adresse_ip ip_adresse",
    "ipv6": "ipv6",
    "mac_address": "mac mac_address",
    "url": "url website web_site homepage site_web webseite sitio_web",
    "company": "company company_name employer organisation organization firm entreprise societe "
    "firma unternehmen empresa azienda bedrijf arbeitgeber",
    "job": "job job_title occupation profession beruf metier profesion professione profissao",
    "date_of_birth": "date_of_birth dob birth_date birthdate birthday birth_day date_naissance "
    "date_de_naissance geburtsdatum geburtstag fecha_nacimiento fecha_de_nacimiento data_nascita "
    "data_di_nascita data_nascimento geboortedatum data_urodzenia",
    "passport_number": "passport passport_number passport_no passeport reisepass pasaporte "
    "passaporto passaporte paspoort ausweisnummer id_card drivers_license driver_license",
    "license_plate": "license_plate licence_plate number_plate plate kennzeichen matricula "
    "immatriculation targa kenteken",
    "uuid4": "uuid guid device_id",
    "latitude": "latitude lat",
    "longitude": "longitude lon lng",
    "date": "date datum fecha",
    "sentence": "comment comments note notes description message remarks bemerkung commentaire",
}
_PHRASES = {phrase: provider for provider, text in _WORDS.items() for phrase in text.split()}


def fold(text: str) -> str:
    """Return ``text`` in lower case without accents.

    >>> fold("Prénom"), fold("Straße")
    ('prenom', 'strasse')
    """
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))


def tokens(name: str) -> tuple[str, ...]:
    """Split a column name into folded words, at separators and at capitals.

    >>> tokens("homeAddress_Line1")
    ('home', 'address', 'line', '1')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[^\W\d_])(?=\d)", "_", name)
    return tuple(part for part in re.split(r"[\W_]+", fold(spaced)) if part)


def infer_provider(column: str) -> str | None:
    """Return the provider that a column name asks for, or ``None``; the longest phrase decides.

    >>> [infer_provider(c) for c in ("workEmail", "company_name", "Prénom", "ip_address", "x7")]
    ['email', 'company', 'first_name', 'ipv4', None]
    """
    words = tokens(column)
    padded, compact = f"_{'_'.join(words)}_", "".join(words)
    if compact in _PHRASES:
        return _PHRASES[compact]
    found = [phrase for phrase in _PHRASES if f"_{phrase}_" in padded]
    return _PHRASES[max(found, key=len)] if found else None


def canonical(provider: str) -> str | None:
    """Return the name of a provider as `PROVIDERS` has it, or ``None`` if there is no such one.

    >>> canonical("username"), canonical("email"), canonical("__class__")
    ('user_name', 'email', None)
    """
    name = ALIASES.get(provider, provider)
    return name if name in PROVIDERS else None
