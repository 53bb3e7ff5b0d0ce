"""Labelled columns for the detection of personal data: names in four languages, values of Faker.

A column is a table's name, a column's name, and values; the label says whether it holds personal
data. There are three parts. Names and untelling names fall into the first two by their checksum:
the first was looked at while the detector was tuned; the second, with values of other locales, was
judged once without having been looked at, and its mistakes were used afterwards. The third
(`fresh_columns`), with other names and locales, was written before that, and judged once after it.
Columns that nobody could judge (five digits under ``col_7``) are left out. Cities, countries, jobs
and companies count as no personal data: they are learnt, rare ones pooled.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks import fresh_columns
from benchmarks.column_values import ROWS, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TUNING = ("en_US", "de_DE", "fr_FR", "es_ES")
SECOND = ("en_GB", "de_AT", "fr_CA", "es_MX", "it_IT", "nl_NL", "pt_BR", "da_DK", "ro_RO")

PEOPLE = ("customers", "users", "patients", "kunden", "clients", "empleados", "staff", "members")
THINGS = ("products", "orders", "events", "measurements", "artikel", "commandes", "pedidos", "logs")

PERSONAL = {
    "email": "email, e_mail, email address, user_email, contact_email, work_email, "
    "primaryEmail, email2, EMAIL_ADDR, mailaddress, customer_mail, E-Mail-Adresse, "
    "kunden_email, emailKunde, courriel, adresse_email, adresse mail, correo, correo "
    "electrónico, email_cliente, billing_email, owner_email, email_id, recoveryEmail, "
    "supervisor_email",
    "phone_number": "phone, phone_number, telephone, mobile_number, cell_phone, phoneNo, "
    "home_phone, work_phone, contact_phone, fax, emergency_phone, PHONE1, mobile, Telefon, "
    "telefonnummer, Handynummer, telefon_privat, tel_nr, Rufnummer, téléphone, tel_portable, "
    "numéro_téléphone, teléfono, teléfono_móvil, celular, num_telefono, telefono_contacto, "
    "phone_home, customer_phone",
    "first_name": "first_name, firstname, FirstName, given_name, fname, forename, middle_name, "
    "customer_first_name, name_first, contact_firstname, Vorname, vorname_kunde, prénom, "
    "prenom_client, primer_nombre, nombre_de_pila, patient_first_name, first name, "
    "preferredFirstName",
    "last_name": "last_name, lastname, LastName, surname, family_name, lname, "
    "customer_last_name, maiden_name, name_last, Nachname, familienname, nachname_kunde, "
    "nom_famille, nom_de_famille, apellido, apellidos, primer_apellido, patient_surname, last "
    "name, second_last_name",
    "name": "full_name, fullname, customer_name, patient_name, employeeName, contact_name, "
    "cardholder_name, owner_name, recipient_name, display_name, student_name, Kundenname, "
    "Ansprechpartner, mitarbeiter_name, name_des_patienten, nom_complet, nom_client, "
    "nom_du_patient, nombre_completo, nombre_cliente, nombre_empleado, emergency_contact_name, "
    "author_name, driver_name, guest_name, account_holder",
    "user_name": "username, user_name, login_name, screen_name, nickname, UserName, "
    "benutzername, nutzername, nom_utilisateur, nombre_usuario, twitter_handle, "
    "github_username, login",
    "ssn": "ssn, social_security_number, SSN, social_security_no, national_id, tax_id, "
    "ssn_number, employee_ssn, patient_ssn, Sozialversicherungsnummer, steuernummer, steuer_id, "
    "sv_nummer, numéro_sécurité_sociale, num_secu, nir, dni, nif, num_seguridad_social, "
    "national_insurance_number",
    "passport_number": "passport, passport_number, passport_no, passportNo, drivers_license, "
    "driver_license_number, reisepass_nr, Reisepassnummer, numéro_passeport, pasaporte, "
    "num_pasaporte, passeport",
    "iban": "iban, IBAN, bank_account, bank_account_number, customer_iban, iban_number, "
    "kontonummer, bankverbindung, compte_bancaire, numero_compte, cuenta_bancaria, "
    "numero_cuenta, payout_iban",
    "credit_card_number": "credit_card, credit_card_number, cc_number, card_number, cardNumber, "
    "creditCardNo, payment_card_number, kreditkarte, Kreditkartennummer, carte_bancaire, "
    "numéro_carte, tarjeta_credito, numero_tarjeta, pan",
    "ipv4": "ip, ip_address, ipAddress, client_ip, last_login_ip, remote_addr, source_ip, "
    "user_ip, ip_adresse, adresse_ip, direccion_ip, signup_ip, host_ip",
    "mac_address": "mac_address, macAddress, device_mac, mac, mac_adresse",
    "address": "address, full_address, postal_address, home_address, shipping_address, "
    "mailing_addr, billingAddress, residential_address, Anschrift, lieferadresse, "
    "Rechnungsadresse, adresse, adresse_livraison, adresse_postale, dirección, direccion_envio, "
    "domicilio, delivery_address",
    "street_address": "street, street_address, street_name_no, address1, address_line_1, "
    "addr_line2, Straße, strasse_hausnr, rue, calle, calle_y_numero, customer_street, str_nr, "
    "addressLine1",
    "postcode": "postcode, zip, zip_code, postal_code, ZIPCODE, shipping_zip, plz, "
    "Postleitzahl, code_postal, codigo_postal, cp, customer_postcode, billing_postal_code",
    "date_of_birth": "date_of_birth, dob, birth_date, birthdate, birthday, DOB, patient_dob, "
    "bdate, Geburtsdatum, geburtstag, geb_datum, date_naissance, date_de_naissance, "
    "fecha_nacimiento, fecha_de_nacimiento, f_nacimiento, employeeBirthDate",
    "license_plate": "license_plate, licence_plate, plate_number, Kennzeichen, kfz_kennzeichen, "
    "immatriculation, matricula, vehicle_registration",
    "free_text": "notes, comment, remarks, support_message, description_of_case, bemerkung, "
    "anmerkungen, commentaire, observaciones, chat_transcript, ticket_body, feedback, "
    "internal_memo",
}
"""What the values are, to names that columns of them have."""

UNTELLING = (
    "col_7, field12, x3, F014, Unnamed: 4, value_a, data, info, attr5, c11, spalte_3, champ_2"
)
OF_UNTELLING = (
    "email", "phone_number", "first_name", "last_name", "name", "ssn", "iban", "credit_card_number",
    "ipv4", "mac_address", "address", "street_address", "date_of_birth", "free_text",
)  # fmt: skip

OTHER = {
    "count": "email_count, name_length, ip_count, phone_calls, address_count, number_of_emails, "
    "customer_count, login_attempts, anzahl_emails, telefon_anzahl, nombre_de_clients, "
    "phone_usage_minutes, card_count, street_lights, passport_count, nombre_enfants, "
    "emails_sent, email_opens, users_online, ip_requests, page_views, num_contacts, "
    "birth_order, quantity, stock, rank, floor, anzahl, cantidad, quantité, birth_year_count, "
    "addresses_total",
    "flag": "email_verified, phone_verified, has_phone, is_email_valid, newsletter_opt_in, "
    "sms_consent, address_confirmed, ssn_provided, email_flag, has_passport, telefon_vorhanden, "
    "email_valide, active, is_deleted, is_customer, correo_verificado, name_changed",
    "amount": "price, amount, total, balance, phone_bill, address_score, card_limit, "
    "email_click_rate, prix, preis, importe, credit_card_fee, account_balance, customer_value, "
    "market_cap, patient_weight, birth_weight, ip_reputation_score, user_rating, salary",
    "choice": "email_type, phone_type, address_type, card_type, name_prefix, contact_method, "
    "preferred_contact, user_role, email_status, phone_model, account_type, customer_segment, "
    "status, category, gender, geschlecht, sexe, zahlungsart, ip_version, mail_format, "
    "passport_status, name_suffix_type, user_agent_family, birth_country_code, user_type",
    "product": "product_name, item_name, productName, artikelname, nom_produit, "
    "nombre_producto, brand_name, model_name, item, bezeichnung, title, product_title, "
    "service_name, plan_name, device_name, package_name",
    "company": "company, company_name, employer, firm_name, firma, entreprise, empresa, "
    "supplier_name, vendor_name, manufacturer, brand, organisation_name",
    "city": "city, town, stadt, ville, ciudad, birth_city, customer_city, ship_city, city_name, "
    "place_of_birth_city, location",
    "country": "country, country_name, land, pays, país, user_country, billing_country",
    "job": "job_title, occupation, profession, beruf, position_title, job, role_name",
    "file": "file_name, filename, document_name, path, image_name, dateiname",
    "code": "order_number, invoice_no, sku, tracking_number, product_code, part_no, "
    "rechnungsnummer, numero_commande, serial, batch_id, case_number, reference, barcode, "
    "phone_country_code, area_code, num_pedido, ticket_no, bestellnummer",
    "day": "created_at, order_date, updated_on, email_sent_at, shipped_date, hire_date, "
    "bestelldatum, date_commande, fecha_pedido, last_login, phone_verified_at, expiry_date, "
    "card_expiry, name_change_date, valid_until, invoice_date, start, passport_expiry",
    "version": "version, app_version, firmware, build, release, ip_firmware_version",
    "colour": "color, colour, farbe, couleur, color_name, theme",
    "sentence": "product_description, review_text, notes, summary, beschreibung, comment, "
    "abstract, remarks, event_description, commentaire, feedback",
    "uuid": "session_id, request_id, uuid, token, device_uuid, email_template_id, user_id",
    "url": "url, website, image_url, homepage, link, profile_url",
    "coordinate": "latitude, longitude, lat, lng, x_coord",
    "temperature": "temperature, humidity, speed, voltage, t_max, pressure, reading",
    "number": "user_id, customer_id, address_id, phone_id, id_cliente, email_id_number, "
    "street_id, name_id, contact_id, kunden_id",
    "hostname": "host_name, domain_name, email_domain, server_name, mail_server",
    "team": "team_name, department_name, abteilung, school_name, group_name, event_name, "
    "campaign_name, project_name, course_name, stadium",
}
"""What the values are, to names of columns that hold no personal data."""

OF_UNTELLING_OTHER = (
    "count", "flag", "amount", "choice", "product", "company", "city", "country", "job", "file",
    "code", "day", "version", "colour", "sentence", "uuid", "url", "coordinate", "team", "hostname",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A column with its label.

    Attributes:
        table: Name of its table.
        name: Its name.
        kind: What its values are.
        personal: Whether they are personal data.
        part: ``tuning``, ``second`` or ``fresh``.
        cells: The values.
    """

    table: str
    name: str
    kind: str
    personal: bool
    part: str
    cells: pd.Series[Any]


def labelled_columns() -> Iterator[Labelled]:
    """Return every column, the same in each run."""
    for personal, kinds, untold in (
        (True, PERSONAL, OF_UNTELLING),
        (False, OTHER, OF_UNTELLING_OTHER),
    ):
        for kind, text in kinds.items():
            fresh = fresh_columns.PERSONAL if personal else fresh_columns.OTHER
            blank = _names(UNTELLING) if kind in untold else []
            rng = np.random.default_rng(zlib.crc32(kind.encode()))
            chosen = [blank[i] for i in rng.permutation(len(blank))[:6]]
            for name in (*_names(text), *chosen):
                yield _column(name, kind, personal=personal, told=name not in chosen)
            for name in (*_names(fresh.get(kind, "")), *chosen[:2]):
                yield _column(name, kind, personal=personal, told=name not in chosen, fresh=True)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []


def _column(name: str, kind: str, *, personal: bool, told: bool, fresh: bool = False) -> Labelled:
    seed = zlib.crc32(f"{kind}/{name}{'/fresh' * fresh}".encode())
    rng = np.random.default_rng(seed)
    part = "fresh" if fresh else ("tuning", "second")[seed % 2]
    locales = {"tuning": TUNING, "second": SECOND, "fresh": fresh_columns.LOCALES}[part]
    locale = str(rng.choice(locales))
    # Dates without a telling name are told by the people around them.
    people = personal if told else kind == "date_of_birth"
    table = str(rng.choice(PEOPLE if people else THINGS))
    values = pd.Series(values_of(kind, locale, seed))
    if rng.random() < 0.4:
        values = values.astype(object).mask(pd.Series(rng.random(ROWS) < 0.15))
    return Labelled(table, name, kind, personal, part, values)
