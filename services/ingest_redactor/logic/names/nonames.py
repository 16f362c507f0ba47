"""Words that look like names and are none: what stands in no name, what is never one, what names a thing."""

_NO_NAME_TEXT = """
street avenue road lane boulevard drive court place square inc llc ltd corp company bank hotel hospital clinic university
college school airport airlines airways station restaurant cafe bar grill park city county state north south east west
january february march april may june july august september october november december monday tuesday wednesday thursday
friday saturday sunday support service team order account email phone number id api url json the a an i my your please
thanks thank and or for to of in on at by is are was be can could would will do does center centre office department store
shop market museum theater theatre syndrome disease test scale score
"""
NO_NAME = frozenset(_NO_NAME_TEXT.split())
"""Lower-cased words that stand in no person's name."""
_NEVER_TEXT = """
vnr svnr pnr
what who when where why how which can could would should do does did is are was were has have had been find get give
show tell list calculate determine compute convert create book check search send set update add remove delete make
write help need want use provide retrieve return generate translate play order buy the this that these those there
then also if but and or so as at by for from in into of on to with about after before between during i it its my our
your we you he she they them his her their me us not no yes ok please thanks hello hi hey dear sorry sure here now
today tomorrow monday tuesday wednesday thursday friday saturday sunday january february march july september october
november december one two three four five six seven eight nine ten a an i'd i'm i've i'll it's that's what's let's
don't can't let given using see each every any some all more most other another first second next last current total
order email phone note name number address date time note subject from re cc
shall may might must bearer basic true false null
ssn dob mrn npi iban birthday birth born regards sincerely best cheers
patient patients customer customers client passenger passengers traveler employee attendee attendees recipient payee
beneficiary guarantor prescriber policyholder cardholder caregiver applicant tenant landlord claimant
account location status ticket invoice priority summarise summarize compare cite medicare medicaid follow-up
quarterly hola bonjour buongiorno guten gracias merci danke
however instead maybe perhaps also once while since until unless
google gmail amazon apple microsoft sony samsung netflix spotify youtube facebook instagram whatsapp twitter tiktok
linkedin paypal venmo zelle visa mastercard uber lyft airbnb starbucks walmart walgreens costco fedex ups usps dhl
github gitlab slack zoom excel word outlook android iphone ipad windows linux python java javascript kafka redis
humira eliquis coumadin warfarin lipitor zoloft prozac xarelto plavix lasix ozempic synthroid norvasc diovan lantus
france germany spain italy portugal croatia greece sweden norway finland denmark austria switzerland belgium
netherlands ireland england scotland britain ukraine russia china japan korea thailand vietnam indonesia
australia mexico argentina colombia peru egypt nigeria morocco turkey
alabama alaska arizona arkansas california colorado connecticut florida hawaii idaho illinois iowa kansas kentucky
louisiana maryland massachusetts michigan minnesota mississippi missouri nebraska nevada ohio oklahoma oregon
pennsylvania tennessee texas utah vermont wisconsin wyoming
"""
NEVER = frozenset(_NEVER_TEXT.split())
"""Lower-cased words that are nobody's name and no town, wherever they stand."""
_THINGS_TEXT = """
disease syndrome period coma palsy lymphoma sarcoma dystrophy chorea thyroiditis phenomenon sign test score scale criteria
classification index maneuver procedure operation repair esophagus contracture tumor tumour fracture anemia
nephropathy encephalopathy virus fever hospital clinic medical catheter tube drain stain line inc llc ltd corp
corporation company gmbh restaurant hotel airlines airways university college school theorem equation sequence
algorithm distribution law constant number prize award street avenue
type grade stage class position reflex spots exercises exercise monitor ultrasound cardiomyopathy performance model pump
history complaint plan course examination exam systems assessment impression findings summary allergies medications diagnosis
recommendations results labs vitals
bank group holdings motor motors energy securities capital insurance pharma pharmaceuticals telecom electronics logistics
trucks industries technologies solutions partners associates consulting ventures media software foundation institute
"""
THINGS = frozenset(_THINGS_TEXT.split())
"""After a name they say that a thing is meant: ``Parkinson's disease``."""
_SIGHTS_TEXT = """
piazza plaza rue calle lago lake mount monte platz campo ponte palazzo castello château chateau playa museo musée museum
basilica
"""
SIGHTS = frozenset(_SIGHTS_TEXT.split())
"""Before a name they say that a place is meant: ``Piazza Navona``, ``Lake Louise``."""
_NUMBERED_TEXT = """
terminal gate room step chapter section page platform track line level version phase part unit stage day week month year
ward bed sprint ticket order item table figure windows python java floor row zone route highway exit port api zoom lot bus
flight train season episode lane dock bay seat grade class team group site plant building tier task
kapitel schritt raum zimmer gleis abschnitt absatz artikel seite tag jahr stock halle haus block woche monat punkt werk
standort projekt montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai juni juli
august september oktober november dezember january february march may june july october december anhang bild modul
jan feb mar apr jun jul aug sep sept oct nov dec
"""
NUMBERED = frozenset(_NUMBERED_TEXT.split())
"""Words that are followed by a number and are no streets: ``via Terminal 3``, ``Im Kapitel 4``."""
_DRUG_ENDINGS_TEXT = """
statin pril sartan olol azole formin gliptin gliflozin glutide oxetine azepam azolam cillin mycin micin cycline floxacin
prazole parin xaban gatran triptan dronate setron dipine thiazide semide sone olone onide caine codone barbital tidine
lukast zumab ximab mumab tinib ciclovir navir buvir pentin racetam trigine apine idone piprazole traline triptyline profen
fenac coxib terol tropium dogrel fibrate tretin platin rubicin taxel
"""
DRUG_ENDINGS = tuple(_DRUG_ENDINGS_TEXT.split())
"""Stems of international non-proprietary names (WHO), as generic drugs end."""
_TAKEN_TEXT = """
takes taking took tolerates tolerated continue continues continued start starts started restart restarted stop stopped hold
held prescribed prescribe increase increased decrease decreased taper tapered titrate titrated refill dose doses rx meds
medication medications drug drugs antibiotic antibiotics tablet tablets
"""
TAKEN = frozenset(_TAKEN_TEXT.split())
"""Before a word that no list of names holds they say that it is a drug."""
_NOBODY_TEXT = """
admin administrator root guest system test tester anonymous user users default postgres mysql ubuntu nobody bot me
self current customer client unknown none null public owner member viewer editor everyone everybody true false string
assistant developer operator operations ops support api app deploy jenkins dependabot automation scheduler cron
workflow pipeline finance legal sales marketing engineering security billing platform infra devops compliance
procurement payroll reception helpdesk management vendor supplier partner human agent service webhook import migration
script worker server daemon both other others auto manual internal external employee patient manager director staff
team hr it
"""
NOBODY = frozenset(_NOBODY_TEXT.split())
"""Words that stand where a person might, and are none."""
_WORDS_AS_LAST_TEXT = """
bailey baker banks bell berry best bird bishop black bowers bowman brooks brown burns bush butler cannon carpenter carter
chambers cherry church coleman cook cooper crane cross curry day dean drake duke english farmer fields fisher flowers ford
forest foster fox frank french frost gardner glass gold grant gray green grey hall hart hayes hill holland house hunt hunter
ireland jewel kidd king knight lake lamb lane law little long love marsh mason may mercer miles miller moody moon moss noble
page park parker parks pope porter potter powers price rice rivers robin rose savage shepherd short silver skinner small snow
sparks steel stone street strong summers swan swift taylor thorn turner underwood walker wall ward waters weaver webb webster
west wells wheeler white wise wolf wood woods young
"""
WORDS_AS_LAST = frozenset(_WORDS_AS_LAST_TEXT.split())
"""Frequent last names that are words, and so in no list: behind a first name or a title they are names."""
