"""Names and locales for the last part of `personal_columns`: written after the other two were used.

The page of results gives what they scored at first sight; afterwards their mistakes were used too.
"""

from __future__ import annotations

LOCALES = ("en_AU", "en_IE", "de_CH", "fr_CH", "fr_BE", "es_AR", "es_CO", "fi_FI", "cs_CZ", "pt_PT")
"""Locales of the values; people's names of none of them are known to the detector as such."""

PERSONAL = {
    "email": "primary_email_address, emailAddr, reply_to_email, E_MAIL, mail_privat, "
    "e-mail_client, correo_trabajo, guardian_email, kontakt_email",
    "phone_number": "daytime_phone, phone_2, contactNumber_phone, tel_dienstlich, mobilnummer, "
    "telephone_domicile, tel_fijo, spouse_phone, faxnr",
    "first_name": "legal_first_name, guest_firstname, rufname, prenom_usage, nombre_pila, "
    "givenName",
    "last_name": "legal_last_name, guest_lastname, geburtsname, nom_de_naissance, "
    "apellido_paterno, familyName",
    "name": "beneficiary_name, witness_name, tenant_full_name, name_patient, nom_et_prenom, "
    "nombre_y_apellidos, passenger_name, doctor_name",
    "user_name": "user_login, loginName, instagram_handle, nombreusuario, anmeldename",
    "ssn": "social_sec_no, employee_tax_id, taxpayer_id, nss, socialSecurityNumber, sozialvers_nr",
    "passport_number": "passport_id, PassportNum, driving_licence_no, passnummer, permis_conduire",
    "iban": "beneficiary_iban, ibanNumber, bank_acct, sepa_iban, cuenta_iban",
    "credit_card_number": "cc_num, debit_card_number, card_pan_number, karten_nr, num_carte",
    "ipv4": "visitor_ip, login_ip, IPAddr, ip_origen, src_ip",
    "mac_address": "wifi_mac, mac_addr",
    "address": "work_address, correspondence_address, wohnadresse, adresse_domicile, "
    "direccion_completa, permanent_address, patient_address",
    "street_address": "street_1, streetName, strassenname, nom_rue, nombre_calle, addr1",
    "postcode": "zip5, postCode, plz_ort_plz, cp_livraison, cod_postal, home_zip",
    "date_of_birth": "birthDt, date_birth, born_on, gebdatum, ddn, fec_nacimiento",
    "license_plate": "vehicle_plate, license_plate_no, nummernschild, plaque, placa_vehiculo",
    "free_text": "case_notes, agent_comment, freitext, remarques, mensaje",
}
OTHER = {
    "count": "emails_received, name_changes_count, contacts_total, ip_hits, phone_attempts, "
    "num_hijos, nb_adresses, birthdays_today, mail_queue_length, people_count, cards_issued",
    "flag": "is_email_bounced, phone_confirmed, accepts_mail, has_address, passport_valid, dni_ok",
    "amount": "phone_cost, address_distance, email_open_rate, card_balance, street_width, "
    "birth_rate",
    "choice": "mail_provider_type, card_brand, phone_os, address_format, nationality_group, "
    "username_source, ip_class, iban_country_group",
    "product": "gift_name, part_name, menu_item, nombre_articulo, nom_article, warenname",
    "company": "client_company, insurer, bank_name, sponsor_name, arbeitgeber, proveedor",
    "city": "hometown, city_of_residence, geburtsort, lieu, municipio",
    "country": "nationality, country_of_birth, herkunftsland, pays_naissance",
    "job": "job_description_short, berufsbezeichnung, poste, puesto",
    "file": "attachment_name, logfile, fichier, photo_file",
    "code": "voucher_code, claim_no, lot_number, artikel_nr, num_factura, phone_order_ref",
    "day": "email_verified_on, date_of_issue, card_valid_thru, geliefert_am, date_livraison",
    "version": "driver_version, schema_version, ip_stack_version",
    "colour": "eye_color, haarfarbe, couleur_produit",
    "sentence": "product_summary, about_text, kurzbeschreibung, resumen, email_subject_line",
    "uuid": "email_id_token, trace_id, card_token, person_uuid",
    "url": "avatar_url, link_to_profile, seite",
    "temperature": "body_temperature, wind_speed, signal_db",
    "number": "person_id, address_key, phone_type_id, street_no_id, kontakt_id",
    "hostname": "smtp_host, dns_name, server",
    "team": "ward_name, branch_name, vereinsname, nom_equipe, nombre_grupo",
}
