"""What people call the fields of the standard objects, beyond their names and labels: for a first draft of a mapping only.

A word stands as `plain` writes it; its fields in the order in which they are tried, for each object has its own.
"""

from collections.abc import Mapping

_STREET = ("Street", "MailingStreet", "BillingStreet")
_CITY = ("City", "MailingCity", "BillingCity")
_STATE = ("State", "MailingState", "BillingState")
_POSTAL_CODE = ("PostalCode", "MailingPostalCode", "BillingPostalCode")
_COUNTRY = ("Country", "MailingCountry", "BillingCountry")

_WORDS: Mapping[tuple[str, ...], str] = {
    ("FirstName",): "fname first given givenname forename vorname prenom nombre nome",
    (
        "LastName",
    ): "lname last surname family familyname secondname nachname familienname nom nomdefamille apellido apellidos cognome",
    ("Salutation",): "prefix anrede civilite tratamiento",
    ("Email",): "mail emailaddress mailaddress primaryemail workemail email1 correo correoelectronico courriel",
    ("Phone",): "tel telephone telephonenumber phonenumber workphone businessphone phone1 telefon telefonnummer telefono",
    ("MobilePhone",): "mobile cell cellphone mobilenumber mobil handy portable movil",
    ("Fax",): "faxnumber telefax",
    ("Title",): "jobtitle position role job berufsbezeichnung funktion poste cargo",
    ("Department",): "dept abteilung service departamento",
    ("Birthdate",): "birthday dateofbirth dob born geburtsdatum geburtstag datedenaissance fechadenacimiento",
    (
        "Company",
        "Name",
    ): "company organisation organization companyname employer business firma unternehmen societe entreprise empresa",
    ("Website",): "url web site homepage webpage webseite siteweb sitioweb",
    ("LeadSource", "AccountSource"): "source origin channel quelle herkunft origine origen",
    (
        "Description",
    ): "note notes comment comments remark remarks bemerkung bemerkungen notiz notizen kommentar commentaire notas",
    ("NumberOfEmployees",): "numemployees employees employeecount headcount mitarbeiter mitarbeiterzahl empleados",
    ("AnnualRevenue",): "revenue turnover umsatz",
    ("Industry",): "sector branche secteur",
    ("StartDate",): "start begin beginn",
    ("EndDate",): "end finish ende",
    _STREET: "address address1 addressline1 streetaddress strasse anschrift adresse rue direccion calle",
    _CITY: "town place ort stadt wohnort ville ciudad",
    _STATE: "province region county bundesland provincia estado",
    _POSTAL_CODE: "zip zipcode postcode postal plz postleitzahl codepostal codigopostal cp",
    _COUNTRY: "nation land pays pais",
}
_OF_PLACES: Mapping[str, tuple[str, ...]] = {
    "street": _STREET,
    "city": _CITY,
    "state": _STATE,
    "postalcode": _POSTAL_CODE,
    "country": _COUNTRY,
}

FIELDS: Mapping[str, tuple[str, ...]] = {
    **{word: fields for fields, words in _WORDS.items() for word in words.split()},
    **_OF_PLACES,
}
"""Fields that a word may mean."""
