"""Words of column names that tell of personal data, in several languages; folded, see `fold`."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS = (
    "email", "phone", "first_name", "last_name", "name", "user_name", "national_id", "passport",
    "iban", "card", "ip", "mac", "address", "postcode", "birth_date", "plate", "text",
)  # fmt: skip
"""Kinds of personal data that are told apart."""

_CERTAIN = {
    "email": "email e_mail emails email_address e_mail_address mail_address mailaddress "
    "emailadresse mailadresse courriel adresse_mail adresse_email correo correo_electronico "
    "direccion_correo posta_elettronica indirizzo_email endereco_email emailaddr email_addr "
    "mail_addr",
    "phone": "phone phones phone_number phone_no telephone telefon tel telnr tel_nr telefonnummer "
    "telefonnr handy handynummer handynr mobilnummer mobiltelefon mobile_number mobile_phone "
    "mobile_no cell_phone cellphone cell_number cellular landline fax faxnummer fax_number "
    "telefono telefono_movil celular movil numero_telefono num_telefono numero_de_telephone "
    "numero_telephone portable numero_portable tel_portable telecopie telefoonnummer telefoon "
    "cellulare telemovel whatsapp msisdn rufnummer festnetz",
    "first_name": "first_name firstname fname given_name givenname given_names forename forenames "
    "vorname vornamen prenom prenoms primer_nombre nombre_pila nombre_de_pila voornaam imie "
    "middle_name middlename middle_initial second_name segundo_nombre christian_name name_first "
    "preferred_name nickname_first rufname primeiro_nome",
    "last_name": "last_name lastname lname surname family_name familyname nachname familienname "
    "zuname nom_famille nom_de_famille nomfamille apellido apellidos primer_apellido "
    "segundo_apellido apellido_paterno apellido_materno cognome sobrenome apelido achternaam "
    "nazwisko maiden_name geburtsname nom_jeune_fille name_last nom_naissance mothers_maiden_name "
    "birth_name",
    "name": "full_name fullname complete_name legal_name nombre_completo nom_complet nom_prenom "
    "nome_completo vollstaendiger_name vollstandiger_name volledige_naam display_name "
    "nombre_apellidos nombre_y_apellidos nombres_apellidos cardholder card_holder cardholder_name "
    "account_holder kontoinhaber karteninhaber ansprechpartner next_of_kin titulaire titular "
    "emergency_contact salesperson person_name",
    "user_name": "user_name username login_name loginname screen_name screenname nickname "
    "benutzername nutzername anmeldename nom_utilisateur nom_d_utilisateur nombre_usuario "
    "nombre_de_usuario nombreusuario identifiant_connexion gebruikersnaam twitter_handle "
    "twitter_username github_username github_login instagram_handle skype_id skype telegram "
    "user_handle gamertag pseudonyme",
    "national_id": "ssn ssn_last4 social_sec soc_sec sozialvers social_security "
    "social_security_number social_security_no sin "
    "social_insurance_number national_id national_identifier national_id_number nationalid "
    "national_insurance national_insurance_number nino ni_number nhs_number nhs_no "
    "medicare_number tax_id taxid tax_number taxpayer_id tin itin steuer_id steuerid steuernummer "
    "steuernr steueridentifikationsnummer idnr sozialversicherungsnummer sozialversicherungsnr "
    "svnr sv_nr sv_nummer rentenversicherungsnummer versichertennummer krankenversicherungsnummer "
    "personalausweis personalausweisnummer ausweisnummer ausweisnr numero_securite_sociale "
    "num_securite_sociale securite_sociale num_secu numero_secu no_secu nir nss "
    "numero_seguridad_social num_seguridad_social seguridad_social dni nif nie dni_nie nif_nie "
    "num_dni numero_dni cedula curp rfc codice_fiscale cpf bsn pesel personnummer id_card "
    "id_card_number identity_number identity_card numero_identidad documento_identidad "
    "carte_identite numero_carte_identite numero_fiscal numero_identificacion mrn "
    "medical_record_number patient_number",
    "passport": "passport passport_number passport_no passportnr passeport numero_passeport "
    "num_passeport reisepass reisepassnummer passnummer pasaporte num_pasaporte numero_pasaporte "
    "passaporto passaporte paspoort drivers_license driver_license driver_licence driving_licence "
    "driving_license license_no dl_number fuehrerschein fuhrerschein fuhrerscheinnummer "
    "permis_conduire permis_de_conduire numero_permis permiso_conducir permiso_de_conducir "
    "licencia_conducir carnet_conducir licence_number_driver drivers_licence_number",
    "iban": "iban iban_number ibannr bank_account bank_account_number bank_account_no "
    "account_number_bank kontonummer kontonr bankkonto bankverbindung compte_bancaire "
    "numero_compte numero_compte_bancaire rib cuenta_bancaria numero_cuenta num_cuenta ccc "
    "conto_corrente conta_bancaria bankrekening acct_iban sepa_iban account_number acct_number "
    "acct_no routing_account",
    "card": "credit_card creditcard credit_card_number creditcard_number credit_card_no "
    "card_number cardnumber card_no cardno cc_number ccnumber cc_num ccnum cc_no pan debit_card "
    "debit_card_number kreditkarte kreditkartennummer kreditkartennr kartennummer kartennr "
    "carte_credit carte_de_credit carte_bancaire numero_carte num_carte numero_carte_bancaire "
    "tarjeta tarjeta_credito tarjeta_de_credito numero_tarjeta num_tarjeta carta_di_credito "
    "cartao_credito payment_card card_num",
    "ip": "ip ipv4 ipv6 ip_address ipaddress ip_addr ipaddr client_ip clientip remote_ip "
    "remote_addr remote_address last_ip login_ip last_login_ip source_ip src_ip dst_ip user_ip "
    "signup_ip registration_ip visitor_ip ip_adresse ipadresse adresse_ip direccion_ip dir_ip "
    "x_forwarded_for host_ip",
    "mac": "mac mac_address macaddress mac_addr macaddr mac_adresse adresse_mac direccion_mac "
    "imei imsi advertising_id idfa gaid android_id device_serial",
    "address": "address addresses full_address postal_address mailing_address home_address "
    "street_address shipping_address billing_address delivery_address residential_address street "
    "street_name streetname street_1 street_2 address_1 address_2 address1 address2 address_line "
    "address_line_1 address_line_2 address_line1 address_line2 addr addr1 addr2 addressline1 "
    "addressline2 addressline house_number housenumber street_number house_no adresse "
    "adresse_postale adresse_complete adresse_livraison adresse_facturation adresse_1 adresse_2 "
    "rue anschrift wohnadresse lieferadresse rechnungsadresse postanschrift strasse strassenname "
    "str strasse_nr strasse_hausnummer strasse_hausnr hausnummer hausnr direccion "
    "direccion_postal direccion_envio direccion_facturacion domicilio calle calle_numero "
    "calle_y_numero numero_calle indirizzo via endereco morada logradouro adres straat ulica "
    "ship_address ship_to_address bill_to_address voie numero_rue numero_voie residence_address",
    "postcode": "postcode post_code postal_code postalcode postal zip zipcode zip_code zip_5 zip5 "
    "zip_plus4 zip_postal plz postleitzahl code_postal codepostal cp codigo_postal codigopostal "
    "cod_postal cap cep kod_pocztowy ship_postal_code billing_zip shipping_zip",
    "birth_date": "date_of_birth dob birth_date birthdate birthday birth_day birth_dt birth born "
    "born_on born_at dt_birth date_birth date_naissance date_de_naissance ddn ne_le datenaissance "
    "geburtsdatum geburtstag geb_datum gebdatum gebdat geb_dat geboren geboren_am geburtsdat "
    "fecha_nacimiento fecha_de_nacimiento f_nacimiento fec_nacimiento fecnac fec_nac fecha_nac "
    "nacimiento nacido_el data_nascita data_di_nascita data_nascimento geboortedatum "
    "data_urodzenia date_of_death death_date deathdate",
    "plate": "license_plate licence_plate license_plate_number licence_plate_number number_plate "
    "numberplate plate plate_number plate_no platenumber registration_plate vehicle_registration "
    "kennzeichen kfz_kennzeichen autokennzeichen nummernschild plaque plaque_immatriculation "
    "immatriculation numero_immatriculation matricula matricula_coche placa placa_vehiculo targa "
    "kenteken vin vehicle_identification_number",
}
PHRASES = {phrase: kind for kind, text in _CERTAIN.items() for phrase in text.split()}
"""Phrase, words joined by ``_``, to the kind that it tells."""

_PARTS = {
    "email": "email emailaddress courriel",
    "phone": "telefon telephone phonenumber handynummer mobilnummer cellphone mobilephonefaxnummer",
    "first_name": "vorname firstname givenname prenom",
    "last_name": "nachname lastname familyname familienname surname apellido",
    "name": "fullname kundenname patientenname mitarbeitername inhabername ansprechpartner "
    "cardholder customername clientname patientname employeename contactname personname",
    "user_name": "username benutzername loginname screenname",
    "national_id": "socialsecurity sozialversicherung steuernummer nationalid securitesociale "
    "seguridadsocial ausweisnummer codicefiscale",
    "passport": "passport reisepass passeport pasaporte driverslicense driverlicense fuhrerschein",
    "iban": "iban kontonummer bankaccount bankkonto",
    "card": "creditcard kreditkarte cardnumber kartennummer",
    "ip": "ipaddress ipaddr ipadresse",
    "mac": "macaddress macadresse",
    "address": "streetaddress strassenname homeaddress postaladdress shippingaddress "
    "billingaddress mailingaddress lieferadresse rechnungsadresse anschrift wohnadresse",
    "postcode": "postleitzahl zipcode postalcode codepostal codigopostal",
    "birth_date": "birthdate dateofbirth birthday geburtsdatum geburtstag datenaissance "
    "fechanacimiento",
    "plate": "licenseplate licenceplate kennzeichen",
}
PARTS = {part: kind for kind, text in _PARTS.items() for part in text.split()}
"""Letters inside a name without separators that tell its kind."""

PERSON_WORDS = _set(
    "person people persons individual user users customer customers client clients patient "
    "patients employee employees staff member members student students teacher teachers professor "
    "instructor doctor doctors physician physicians nurse nurses player players guest guests "
    "passenger passengers driver drivers holder owner owners author authors contact contacts "
    "recipient sender buyer buyers seller sellers spouse mother father parent child children "
    "manager managers supervisor boss agent agents applicant applicants candidate candidates "
    "subscriber subscribers witness insured payee payer beneficiary consumer consumers shopper "
    "resident residents citizen citizens worker workers artist actor actors director directors "
    "reviewer reviewers voter voters donor donors volunteer volunteers participant participants "
    "respondent attendee attendees lead leads representative rep salesperson cashier operator "
    "technician signer signatory assignee reporter creator subject lawyer judge borrower tenant "
    "tenants landlord claimant policyholder cardholder profile profiles accountholder salesman "
    "kunde kunden kundin mitarbeiter mitarbeiterin inhaber patientin patienten benutzer nutzer "
    "mitglied mitglieder schuler student studenten lehrer arzt arzte personen fahrer mieter "
    "vermieter empfanger absender besteller kaufer verkaufer bearbeiter betreuer vorgesetzter "
    "personne personnes utilisateur utilisateurs salarie salaries employe employes adherent "
    "adherents abonne abonnes eleve eleves etudiant etudiants medecin medecins conducteur "
    "locataire proprietaire destinataire expediteur acheteur vendeur responsable conjoint assure "
    "persona personas usuario usuarios cliente clientes empleado empleados trabajador "
    "trabajadores paciente pacientes medico medicos alumno alumnos estudiante estudiantes "
    "profesor conductor inquilino propietario destinatario remitente comprador vendedor socio "
    "socios conyuge tutor autor autores contacto contactos composer composers singer musician "
    "writer writers editor"
)
"""Words for people: ``name`` beside one of them, or in a table of them, is the name of a person."""

QUALIFIERS = _set(
    "home work private privat business billing shipping ship delivery mailing primary secondary "
    "main alt alternate other emergency old new previous current legal car vehicle auto livraison "
    "facturation envio facturacion domicile domicilio dienstlich geschaeftlich permanent residence "
    "my our own"
)
"""Words that say which one of several, and change nothing of what it is."""

NAME_WORDS = _set("name names nom noms nombre nombres nome naam namen fullname")

THING_WORDS = _set(
    "product products company companies firm organisation organization org brand brands file "
    "files event events store stores shop shops city cities country countries item items category "
    "categories department departments dept course courses team teams project projects campaign "
    "campaigns table column field host hosts domain server school schools hotel hotels device "
    "devices song track album movie film films book books app application package packages bank "
    "airline airlines airport airports region regions state province plan plans role roles group "
    "groups task tasks model models species drug drugs medication hospital hospitals clinic "
    "station stations warehouse warehouses supplier suppliers vendor vendors publisher genre "
    "playlist job position class type status language currency unit color colour size tag tags "
    "service services tool system database db job plant ward room branch office site sites page "
    "template list menu ingredient recipe restaurant sport league stadium venue county district "
    "town village street planet month day week metric feature attribute key parameter variable "
    "sensor machine vehicle ship vessel plane car make collection label channel source medium "
    "partner carrier manufacturer firma unternehmen produkt produkte artikel abteilung stadt ort "
    "land filiale marke kategorie verein gruppe datei spalte tabelle projekt lieferant hersteller "
    "bezeichnung produit produits entreprise societe ville pays marque fichier magasin categorie "
    "service fournisseur projet region departement equipe ecole producto productos empresa ciudad "
    "pais marca archivo tienda categoria proveedor proyecto departamento equipo escuela curso "
    "archivos"
)
"""Words for things: their names are no personal data."""

ABOUT_WORDS = _set(
    "count cnt counts number_of num_of nb nbr anzahl length len size laenge lange longueur "
    "longitud is has flag verified confirmed valid validated validity invalid opt optin optout "
    "consent allowed enabled disabled domain provider typ type kind format status state template "
    "subject sent opened open opens click clicks clicked rate ratio score pct percent share avg "
    "mean max min total sum date datum dt at on time timestamp ts version hash lang language "
    "prefix area zone changed updated created bounce bounced campaign quality source channel "
    "model brand os price cost plan tariff group frequency category available availability "
    "required missing index rank order class pattern regex label minutes calls policy "
    "expiry expires expiration reset attempts failures login_count origin reputation range subnet "
    "block mask gateway pool density duration balance limit budget fee amount network issuer "
    "scheme bin level tier similarity distance embedding vector tokens words preference changes "
    "history region verifiziert bestatigt gultig vorhanden haufigkeit typ art verifie valide "
    "confirme longueur verificado validado confirmado tipo estado cantidad delivered received "
    "queue quota newsletter code country unsubscribed subscribed hash_type key_type suggestions "
    "popularity trend provided present exists"
)
"""Words that turn a name into something *about* the data: ``email_count``, ``phone_type``."""

UNTELLING = _set(
    "field column col feature attribute variable value data info spalte champ columna campo table "
    "key parameter tabelle list make"
)
"""Words that say nothing of what a column holds."""

NOTES = _set(
    "comment comments note notes message messages remark remarks feedback review text body "
    "content transcript description details memo bemerkung bemerkungen kommentar notiz nachricht "
    "anmerkung commentaire commentaires remarque observation observations observaciones "
    "comentario comentarios nota notas mensaje narrative summary free_text chat conversation "
    "ticket"
)
"""Names of free text; whether it holds personal data is seen in the text."""
