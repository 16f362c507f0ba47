"""What keys of JSON, columns and labels name: a placeholder's type and, after a dot or a sign, what else is known of it."""

_DOING = (
    r"(?:signed|reviewed|approved|created|updated|requested|submitted|opened|closed|assigned|prepared|reported"
    r"|changed|performed"
    r"|triggered|invited|pushed|merged|deployed|rotated|granted|revoked|modified|uploaded|shared|booked"
    r"|verified|issued|entered"
    r"|resolved|completed|cancelled|ordered|handled|prescribed|dispensed|administered|collected|authori[sz]ed"
    r"|escalated"
    r"|referred|recorded)_(?:by|to)"
)
PERSON = (
    r"(?:customer|patient|guest|passenger|employee|client|user|contact|recipient|sender|card_?holder"
    r"|account_?holder|holder"
    r"|owner|member|person|doctor|physician|provider|beneficiary|payee|payer|attendee|host|driver|travell?er|student"
    r"|teacher|applicant|buyer|seller|caller|subscriber|insured|spouse|parent|child|author|manager|assignee|signer"
    r"|reservation|booking|under|emergency_contact|primary|patient|participant|invitee|visitor|billing|shipping"
    r"|nominee"
    r"|policy_?holder|claimant|candidate|guardian|reporter|requester|requestor|submitter|receiver|callee"
    r"|supervisor|witness"
    r"|nurse|surgeon|therapist|tutor|borrower|donor|lead|colleague|watcher|organi[sz]er|substitute|approver"
    r"|reviewer|creator"
    r"|interviewer|barber|stylist|chauffeur|instructor|coach|dentist|pharmacist|attorney|lawyer|courier"
    r"|technician|tenant|landlord|debtor|creditor|officer|next_of_kin|consignee|consignor|shipper|mother|father"
    r"|wife|husband"
    r"|partner|sister|brother|daughter|son|rider|renter|lessee|lessor|player|constituent|resident|inmate"
    r"|plaintiff|defendant"
    r"|petitioner|respondent|adjuster|addressee|viewer|trustee|executor|sponsor|mentor|groomer|realtor"
    r"|veterinarian|referrer"
    r"|signatory|dependent|dependant|co_?borrower|co_?signer|co_?applicant|girlfriend|boyfriend|fiancee?|bride"
    r"|groom|nanny"
    r"|babysitter|grandparent|adherent|titular|proprietaire|fahrer|conductor|motorista|deelnemer|demandeur"
    r"|party|patron|cust"
    r"|associate|shopper|worker|kunde|klant|klient|cliente|paciente|mitarbeiter|ansprechpartner|empleado|pasajero"
    r"|passagier|huesped|gast|destinataire|expediteur|destinatario|remitente|mittente|empfanger|absender"
    r"|ontvanger|afzender"
    r"|assuree?|asegurado|assicurato|versicherter|eleve|alumn[oa]|alun[oa]|schuler|studente|salarie|dipendente"
    r"|trabajador"
    r"|funcionario|medico|medecin|arzt|lekarz|huurder|mieter|locataire|inquilino|vermieter|proprietario"
    r"|propietario|intestatario"
    r"|titulaire|beneficiaire|beneficiario|recebedor|pagador|nadawca|odbiorca|pacjent|pracownik|mottaker"
    r"|mottagare|avsandare"
    r"|kund|medlem|fee_earner|mbr|emp|pcp|roommate|advis[oe]r|engineer|developer|on_?call|surveyor|counter_?party|remitter|assessor|appraiser|valuer|inspector|couple|counsell?or|registrar|deponent|solicitor"
    r"|paralegal|drv|pax|guarantor(?:_of)?|prescriber|dispenser|pupil|trainee|apprentice"
    rf"|{_DOING})"
)
NUMBERED = (
    r"(?:customer|patient|guest|passenger|employee|user|client|contact|recipient|sender|(?:card|account"
    r"|policy)_?holder|holder"
    r"|member|person|subscriber|insured|beneficiary|payee|payer|attendee|driver|travell?er|rider|renter|student"
    r"|teacher"
    r"|applicant|candidate|participant|constituent|plaintiff|defendant|claimant|petitioner|buyer|seller|caller"
    r"|tenant|resident"
    r"|inmate|donor|debtor|borrower|player|viewer|author|doctor|physician|party|patron|cust|pat|emp|associate"
    r"|shopper|worker|usr"
    r"|cliente|kunde|klant|paciente|empleado|adherent|titular"
    r"|deelnemer|proprietaire|fahrer|owner|actor|operator|assignee|requester|reporter|creator|pt|pers|lead|prospect"
    r"|alumn[oa]|alun[oa]|eleve|socio|medlems?|mitarbeiter|mandanten|schue?ler|paziente|utente|backer|volunteer"
    r"|roommate|drv|fan|guarantor|klient|musteri|wizard|supporter|pupil|trainee|apprentice)"
)
"""Who is known by a number of their own."""
KEYS: tuple[tuple[str, str], ...] = (
    ("NAME", r"(?:.*_)?name_on_(?:the_)?card"),
    ("EMAIL", r"(?:.*_)?(?:e_?mail(?:s|_address|_addresses|_id)?|mail|e?ml|correo(?:_electronico)?|courriel)"),
    (
        "PHONE",
        r"(?:.*_)?(?:(?:mobile|cell|home|work|contact|office)?phone|telephone|tel|mobile|mob|ph|cell|cellphone"
        r"|fax|whatsapp|msisdn|ani|caller_?id|telefono|telefon|telefone|telefoon|handy|gsm"
        r"|movil|celular|cellulare|mobiel|mobil|rufnummer|portable|callback|cel|recapito|ph_?\d|tel_?\d|wa_?id)"
        r"(?:s|_no|_num|_number|_numbers|nummer)?(?:_(?:home|work|mobile|cell|cel|office|main|day|evening"
        r"|primary|alt|[12]))?",
    ),
    ("SSN", r"(?:.*_)?(?:ssn|social_security(?:_no|_number)?)"),
    ("LAST4", r"(?:.*_)?(?:last_?4|last_?four)(?:_digits)?"),
    ("ID", r"(?:.*_)?(?:id|identity|health)_card(?:_no|_number)?|health_(?:no|number)|document_numbers"),
    ("CARD", r"(?:.*_)?(?:card|credit_card|debit_card|cc|pan)(?:_?(?:no|num|number))?"),
    ("IBAN", r"(?:.*_)?iban(?:_number)?"),
    (
        "ACCOUNT",
        r"(?:.*_)?(?:account|acct|bank_account|routing)(?:_?(?:no|num|number|nbr|id|ref))?s?|(?:.*_)?sort_code"
        r"|(?:reimburse|refund|pay|payout|transfer|deposit|debit|credit)_(?:to|from)|acc_?(?:no|num|number|nbr)|ban|billing_account|mp[ar]n|konto|cuenta|conta|(?:konto|rekening|vertrags)_?(?:nummer|nr)|vertragskonto|contrato?"
        r"|(?:.*_)?(?:loan|mortgage|contract|contract_account)(?:_no|_num|_number|_id)"
        r"|(?:numero|num|no|n)_(?:de_)?(?:compte|cuenta|conta|conto|contrato?)",
    ),
    ("MEMBER.user", r"(?:.*_)?user_?(?:id|no|num|number)"),
    (
        "MEMBER",
        rf"(?:.*_)?(?:{NUMBERED}|membership|loyalty|frequent_flyer|staff|badge|personnel|payroll|personeels"
        r"|personal|work|profile"
        r"|mbr|mem|pax|ptnt|stu|drv|subject|data_subject|family|submitter|approver|reviewer|union|roll|enroll?ment|prison(?:er)?"
        r"|visitor|inmate|plan_member)"
        r"(?:_\d)?_?(?:no|num|number|nbr|id|nr|nummer|ref|reference|oid|identifier|uuid|guid|code|key|sk)s?|(?:id|num"
        rf"|nr|nro|no|numero|codice|codigo|code)_?{NUMBERED}|matricul[ae]|matricola|cod(?:ice|igo"
        r"|e)?_(?:de_)?client[ei]?"
        r"|numero_affiliation|golden_(?:id|record_id)|fidelity|tenancy_(?:ref|reference|id|no|number)|anst(?:allnings)?_?(?:nummer|nr)",
    ),
    (
        "RECORD",
        r"(?:.*_)?(?:mrn(?:_(?:id|no|num|number))?|uhid|hosp(?:ital)?_?(?:no|number|id)|(?:secondary|patient|paper)_chart|medical_record(?:_no"
        r"|_number)?|(?:patient|record|encounter|admission|accession"
        r"|specimen|chart|prescription|rx)_(?:id|no|number)|nhc|mr|rx|historia_clinica|prontuario|matter(?:_(?:id|no|num|number|ref))?"
        r"|(?:patienten|fall|dossier)_?(?:nummer|nr|id|no)|expediente|dossier|(?:numero|num|no|n)_(?:de_)?dossier|cif(?:_no)?)",
    ),
    ("LOCATOR", r"(?:.*_)?(?:pnr|record_locator|locator)(?:_code|_no|_number)?"),
    (
        "MEMBER",
        r"(?:.*_)?(?:frequent_flyer|membership|loyalty|health_insurance)(?:_no|_num|_number)?|key_?tag|uci|rewards|ffn|ff(?:_(?:no"
        r"|num|number))?|(?:kunden|klant|mitglieds|kund|kunde|kd)_?(?:nummer|nr|id)"
        r"|(?:numero|num|no|n|nr|numer)_(?:de_)?(?:client|cliente|klienta|socio|adherent)",
    ),
    (
        "POLICY",
        r"(?:.*_)?(?:(?:policy|insurance|claim|clm|pol)_?(?:no|num|number|nbr|id|ref|id_?number)|group_(?:no"
        r"|number)|policy|claim|apolice|poliza|polizza"
        r"|(?:police|policen|polis|schaden|skade|forsakrings)_?(?:nummer|nr)|(?:numero|num|no)_(?:de_)?sinistre"
        r"|(?:num|numero|no|nr)_(?:de_)?police|vs_?nr|claim_reference|siniestro|versicherungsschein|versicher(?:ungs|ten)_?(?:nummer|nr|karte))",
    ),
    (
        "PASSPORT",
        r"(?:.*_)?(?:passport|travel_document|identity_document)(?:_no|_num|_number|_id)?"
        r"|(?:reise)?pass_?(?:nummer|nr)"
        r"|pasaporte|passeport|passaporto|pasport|pp_(?:no|number)|ppt(?:_no)?|paspoortnummer|(?:.*_)?mrz_(?:doc_)?(?:no|number)",
    ),
    (
        "LICENCE",
        r"(?:.*_)?(?:licen[cs]e|licen[cs]e_plate|plate|cdl|dl|lic|bar)_?(?:no|num|number|nbr|id)|(?:.*_)?cdl|dl|lic|oln"
        r"|rpps|dea|(?:nr_)?pwz|gmc(?:_no|_number)?|lanr|driv(?:ers?|ing)_licen[cs]e"
        r"|licen[cs]e|permis(?:_de_conduire)?|fue?hrerschein(?:_?(?:nummer|nr))?|rijbewijs(?:_?(?:nummer|nr))?"
        r"|licencia_de_conducir",
    ),
    (
        "TAX_ID",
        r"(?:.*_)?(?:tax_?(?:id_?(?:no|num|number)?|no|num|number|ref|reference)|tin|ein|vat_number|vat_id|taxpayer_id"
        r"|steuer_?(?:id|nummer)|utr|numero_fiscal)",
    ),
    ("NPI", r"(?:.*_)?npi(?:_number)?"),
    (
        "ID",
        r"(?:.*_)?(?:national_(?:id|identifier)(?:_number)?|nhs_number|aadhaar(?:_number)?|id_card(?:_number)?"
        r"|government_id|pan_(?:no|number)|voter(?:s|_id)?_(?:no|number|id)"
        r"|nino|national_insurance(?:_no|_number)?|niss|nas|naf|(?:tc_?)?kimlik(?:_no)?|cf"
        r"|cod(?:ice)?_fisc(?:ale)?|nss|steuernr|cpf|cnpj|dni|nie|nif|pesel|cnp|ausweis(?:_?(?:nr|nummer))?|bsn|curp|rfc|rut|codice_fiscale"
        r"|personnummer|cpr"
        r"|rrn|rijksregister_?nummer|numero_national|rodne_?cislo|ktn|known_travell?er(?:_no|_number)?"
        r"|redress(?:_no|_number)?"
        r"|legal_id|i_?94|sin|burgerservicenummer|ppsn|pps_(?:no|number)|philhealth|sss|bvn|nin|my_number"
        r"|residence_card|cuit|cuil|dowod|pis|crn"
        r"|ni_(?:no|number)|ubrn|van_id|a_?number|alien_(?:no|number)|alien_registration_number|nric|ic(?:_no"
        r"|_number)?|hkid|emirates_id|cedula|upn|egn|oib|amka|jmbg|isikukood"
        r"|henkilotunnus|hetu|fodselsnummer|kennitala|teudat_zehut|snils|resident_registration_(?:no|number)"
        r"|nhi(?:_no|_number)?|nir|numero_(?:de_)?securite_sociale|mbi|personal_identity_(?:no|number)|svnr"
        r"|sozialversicherungsnummer)",
    ),
    (
        "VEHICLE",
        r"(?:.*_)?(?:vin|vehicle_identification_number|plate|licen[cs]e_plate|number_plate|registration_plate"
        r"|vrm|vrn|rego|placa(?:_(?:do_)?(?:veiculo|vehiculo|carro))?"
        r"|targa|kennzeichen|kenteken|immatriculation|plaque|nummerplaat)",
    ),
    ("PLATE", r"(?:.*_)?(?:reg|reg_no|reg_number|registration|registration_number)"),
    (
        "DEVICE",
        r"(?:.*_)?serial(?:_no|_num|_number)?|(?:.*_)?(?:imei|imsi|iccid|mac_address|udid|idfa|hw_?id"
        r"|device_(?:fp|fingerprint)|device_id(?:entifier)?"
        r"|android_id|advertising_id|(?:micro)?chip_(?:no|num|number|id)|microchip|meter(?:_(?:no|num|number"
        r"|id))?|(?:push|device|fcm|apns|registration)_token|asset_tag)",
    ),
    (
        "DOB",
        r"(?:.*_)?(?:b_?date|do_b|dob(?:_(?:mmddyyyy|ddmmyyyy|yyyymmdd|iso|raw|str))?|nat[oa](?:_[oa])?_il"
        r"|date_?of_?birth|birth_?date|birthdays?|birth(?:_time)?|b_?day(?:_full)?|born(?:_on)?|geburtsdatum|geboortedatum"
        r"|geb(?:oren)?(?:_am|_op)?|fodselsdato|fodelsedatum|data_urodzenia|data_rozhdeniya|dogum_tarihi|nascimento|nacimiento"
        r"|nascita|nee?(?:_le)?"
        r"|(?:dt|fecha|fech|fec|f|data|dat|date)_?(?:de_)?(?:nac|nasc|naiss|birth|geb)|ddn|d_o_b"
        r"|b(?:i?rth)?_?dt|geb_?dat(?:um)?|gbdat|brthdtc"
        r"|(?:date_(?:de_)?naissance|fecha_(?:de_)?nacimiento|data_(?:de_)?nascimento|data_(?:di_)?nascita))"
        r"|naissance|nasc",
    ),
    ("DOB?", r"bd"),
    ("AGE", r"(?:(?:patient|person|resident|member|client|guest|current)_)?age(?:_(?:in_)?years)?"),
    ("IP", r"(?:.*_)?ip(?:_address|v4|v6)?"),
    (
        "STREET",
        r"(?:.*_)?(?:thoroughfare|street(?:_address|_name|_nmbr|_?lines?|_?[12])?|strasse|straat|calle|voie|gatuadress|ulica"
        r"|logradouro|rue)",
    ),
    (
        "ADDRESS",
        r"(?:.*_)?(?:(?:address(?:es)?|addr)(?:_?lines?)?_?[123]?|l(?:i?ne?)?_?[123]|(?:liefer|rechnungs|versand"
        r"|wohn)?(?:anschrift|adress?e?)|adr_?[123]?|addr_ln_?[123]?|adres|direccion|domicilio|indirizzo|adres_(?:registracii|prozhivaniya)"
        r"|endereco)|(?:ship|bill|deliver|sold|send)_to",
    ),
    ("UNIT", r"(?:.*_)?(?:house|street)_(?:no|num|number)|haus_?(?:nummer|nr)|huisnummer"),
    ("UNIT", r"(?:.*_)?(?:unit|apt|apartment|suite|flat)(?:_no|_num|_number)?"),
    (
        "ZIP",
        r"(?:.*_)?(?:zip|zip_?[45]|zip_?code|pin_?code|postal|postal_?code|post_?code|plz|postleitzahl|code_postal"
        r"|codigo_postal|kod_pocztowy|(?:post|zip)_?cd|pcd|pc|cep|cap)",
    ),
    (
        "PLACE",
        r"(?:.*_)?(?:mailing|billing|shipping|home)?(?:city|town|hometown|ort|ville|ciudad|cidade|citta"
        r"|municipio|poblacion|gemeente|woonplaats|localidad|comune"
        r"|miasto|postort|poststed|city_name|suburb|locality|place)",
    ),
    ("PLACE?", r"(?:current_|home_)?location|based_in"),
    (
        "PLACE",
        r"society|landmark|colony|colonia|bairro|barrio|sub_?locality|neighbou?rhood|suburb_city|post_town|building_name"
        r"|dependent_locality|complemento?",
    ),
    (
        "ADDRESS?",
        r"(?:.*_)?(?:house|pick_?up|drop_?off|drop|loss_location|service_location|site|home|residential|residence)",
    ),
    ("PIN", r"(?:.*_)?(?:cvv2?|cvc2?|pin|tan|otp|security_code|card_verification_(?:number|code|value))(?:_code)?"),
    (
        "SECRET",
        r"(?:.*_)?(?:password|passwd|passcode|passphrase|password_hint|passwort|kennwort|contrasena|senha"
        r"|mot_de_passe|wachtwoord|secret"
        r"|api_?key|(?:new|old)_key|access_key(?:_id)?|(?:auth|signing|encryption|session|mailchimp)_key|jwt_signing|(?:sendgrid|stripe|twilio|openai|anthropic|aws|github|gitlab|slack"
        r"|mailgun)_(?:key|token|secret)|private_key|recovery_key|authorization|psk|pw|pwd|(?:[a-z]+_)?pass|(?:recovery"
        r"|backup|gate|door|lockbox|entry|access)_codes?|puk(?:_?[12])?(?:_code)?|(?:wpa\d?|wi_?fi|wlan|network)_(?:key|psk))",
    ),
    ("TOKEN", r"token|api_token|secret_token"),
    ("SECRET", r"(?:.*_)?(?:access|auth|refresh|bearer|sess(?:ion)?|api|personal|reset|vault|bot)_tok(?:en)?"),
    (
        "USER",
        r"(?:.*_)?(?:user_?name|(?:db|database|smtp|ftp|ssh|login|pppo_?e|vpn|sip)_user|(?:agent_)?sine|net_?id|login(?:_id"
        r"|_name)?|alias|upi|vpa|screen_name|gamer_?tag|sam_?account(?:_?name)?)|ign|sam|github|gitlab|slack"
        r"|telegram|instagram|skype"
        r"|(?:twitter|instagram|github|gitlab|telegram|tiktok|linkedin|discord|slack)_(?:handle|user)",
    ),
    ("USER@", r"(?:.*_)?handle"),
    ("USER?", r"agent|agt|analyst|moderator|nick"),
    (
        "NAME.first",
        r"(?:.*_)?(?:first_?name_?[12]?|fst_?nm|nm_first|f_?nm|name_(?:first|given)|(?:legal|preferred|birth"
        r"|patient|guest|pax|customer|employee|student|member)_first|given(?:_?names?)?_?[12]?|f_?name|forenames?"
        r"|vorname|prenom|voornaam|imie|fornamn|fornavn)",
    ),
    (
        "NAME.last",
        r"(?:.*_)?(?:last_?name_?[12]?|lst_?nm|nm_last|l_?nm|name_(?:last|family)|(?:legal|birth|patient|guest"
        r"|pax|customer|employee|student|member)_last|sur_?names?|family_?name_?[12]?|maiden_?name|birth_name"
        r"|l_?name|nachname|(?:primer_|segundo_)?apellidos?(?:_?[12]|_paterno|_materno)?|cognome|sobrenome"
        r"|achternaam"
        r"|nazwisko|efternamn|etternavn|nom_(?:de_famille|de_naissance|naissance|d_usage|usage)|geburtsname"
        r"|meisjesnaam)",
    ),
    ("NAME.mid", r"(?:.*_)?(?:middle_?names?|initials|voorletters|initialen)"),
    (
        "NAME",
        rf"(?:.*_)?(?:full|formatted|real)_?name|(?:account|acct)_names?|(?:.*_)?{PERSON}_?(?:full_?)?(?:names?|nm)"
        r"|(?:to|from|for|by|address)_name|attn|nome_completo"
        r"|nombre_completo|nom_complet|volledige_naam|imie_i_nazwisko|nome_e_cognome",
    ),
    (
        "NAME?handle",
        r"(?:preferred_name|legal_name|former_name|previous_name|nick_?name|actor|author|commenter|committer"
        r"|creator|assignee|reporter|requeste?r|requestor|submitter|approver|reviewer|watcher"
        rf"|{_DOING})s?",
    ),
    ("NAME?user", r"users?|usr|usuario|utilisateur|benutzer|gebruiker"),
    ("NAME?number", rf"{NUMBERED}s?"),
    (
        "NAME?",
        r"(?:display_?|agent_?)?names?|nm|who|badge|display|nombre|nome|naam|nom|first|last"
        rf"|(?:[a-z]+_)?{PERSON}s?|attendees|participants",
    ),
    ("PHONE?", r"(?:[a-z]+_)?(?:to|from)|notify|dial"),
    (
        "THING",
        r"carrier|bank(?:_name)?|brand|make|model|product(?:_name)?|drug(?:_name)?|medication|meds|degree"
        r"|room_type|airline|breed"
        r"|currency|language|manufacturer|building|bldg|item|plan|course|genre|cuisine|dish|colou?r|studio|venue"
        r"|employer|vendor|supplier|insurer|insurance_provider|job_title|occupation|service(?:_name)?|plan_name|campaign"
        r"|ticket_(?:type|class)(?:_name)?|tarif[af]?|tariff|offerta|fornitore|produ[ck]to?|produit|prodotto|home_club|gym"
        r"|school|skola|escuela|ecole|escola|university|clinic|restaurant|vessel|port|merchant|peers|hotel(?:_name)?|cinema|standort|point_relais|vardcentral|sede",
    ),
    (
        "WARE",
        r"(?:.*_)?(?:ean|gtin|upc|isbn|issn|asin|sku|barcode|mpn|hs_code|ndc)s?_?(?:13|14|8|10|code|no|number)?",
    ),
)

_IN_SCRIPTS_TEXT = """
姓名 名前 氏名 お名前 收件人 收货人 联系人 お届け先 宛名 患者 患者名 フリガナ カナ 이름 성명 고객명 фио الاسم שם = NAME
顧客名 お客様名 = NAME
имя = NAME.first
фамилия = NAME.last
电话 手机 手机号 联系电话 電話 電話番号 携帯 전화 전화번호 연락처 телефон = PHONE
地址 收货地址 住所 주소 адрес العنوان = ADDRESS.any
身份证 身份证号 证件号 マイナンバー 주민등록번호 = ID
生日 出生日期 生年月日 생년월일 = DOB
邮箱 メール メールアドレス 이메일 = EMAIL
社員番号 会员号 会員番号 회원번호 고객번호 顧客番号 = MEMBER
아이디 用户名 ユーザー名 = USER
患者番号 診察券番号 病历号 病歷號 = RECORD
保单号 保單號 証券番号 = POLICY
дата_рождения ημ._γέννησης = DOB
患者姓名 客户姓名 投保人 被保险人 担当医 担当者 业务员 経理 = NAME
家属 家屬 緊急連絡先 医師签名 医师签名 医生 客服 상담원 대리수령인 수취인 받는사람 = NAME
旅客姓名 訂購人 ονοματεπώνυμο отримувач відправник получатель отправитель клієнт покупатель = NAME
聯絡電話 κινητό τηλέφωνο тел тел. номер_телефону = PHONE
住址 배송지 διεύθυνση адреса адресу = ADDRESS.any
身分證 身份證 身分證字號 身份證字號 個人番号 αμκα іпн снилс инн = ID
電子郵件 = EMAIL
"""
KEYS_IN_SCRIPTS: dict[str, str] = {
    key.replace("_", " "): kind
    for line in _IN_SCRIPTS_TEXT.strip().split("\n")
    for keys, _, kind in [line.partition(" = ")]
    for key in keys.split()
}
"""Keys in other scripts, as they stand; a sign joins the words of one."""
