"""The words: ten that are to be heard, and many that are not."""

KEYWORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")

_LIKE = """
adobe ago along an ape app apt around aunt awful awn bless bright brown but cargo chef chess clef
coat con cough could crown cuff cup damn dan darn dawn deft den doubt dough dress drop drown dune
ego est fight found fright get ghost girl glow gnome goal goat gold golf gone good gore got gown
ground grow guess height hub hush in jazz john kite knee known laugh laughed leaf leapt leave led
less lest let lift light loaf loft logo long loss lot low luck mess moth mow nap neck new night nod
node none nor north nose not note noun now nut of offer office oft often one oops open owe own phone
pop press prof pub pup rat rate rice ride riot ripe rise rot rough round route row rye shop show
shut slop snow so soft song sound spot stab stand star start step stock stomp stoop store stove
stuff stump swap tan theft though tight toe tone top town trough ump us wan white yard year yell yen
yes-man yet you yours
"""

_OTHER = """
about after again air all always animal answer apple arm autumn away baby back backward bad ball
bank bath beach bean because bed before begin behind below best better big bird black blue boat body
bone book both bottle box boy bread break bring brother bus busy buy cake call camera candle car
carry castle cat chair change cheese child city class clean climb clock close cloud coffee cold
color come computer cook corner count country cousin cross cry dad dance dark date day deep desk
dinner dish doctor dog door dream drink drive dry during dust each ear early earth east easy eat egg
eight elbow empty engine enough evening every eye face fall family far farm fast father feather feel
fence fever field fill finger fire fish five flag floor flower fly follow food foot forest fork
forward four friend fruit full game garden gate gentle give glass god grass gray great green group
guitar hair half hammer hand happy hard hat hear heart heavy hello help here hide hill hold holiday
home honey hope horse hospital hot hour house hundred hurry ice idea inside iron island jacket job
join juice jump keep kettle key kind king kiss kitchen lady lake lamp language large last late lazy
learn leather leg lemon letter library life like line lion lip listen little live look loud love
lunch machine mail make man many map march market marvin me meal measure meat message middle milk
minute mirror money monkey month moon more morning most mother mountain mouse mouth move much music
nail name near need nephew never news nine nothing number ocean old onion orange other our oven page
paint pair paper park party past pencil people pepper person picture piece pig pillow pink pipe
place plane plant plate play please pocket police pool poor potato power pretty price prince problem
pull purple push queen question quick quiet quite rabbit radio rain rainbow reach read ready red
remember rich ring river road robot rock roof room rope rose rule run sad salt same sand school
science sea seat second see send seven shadow shape sheep sheila ship shirt shoe short shoulder sick
side silver simple sing sister sit six skin sky sleep slow small smile smoke soap soon south speak
spoon sport spring square stair station stone storm story straight strange street strong student
sugar summer sun sweet swim table tail take talk tall tea teacher teeth tell ten test thank their
thick thin thing think thousand three thumb thunder time tired today together tomato tomorrow tongue
tonight tooth touch train travel tree true try turn twelve two uncle under until use vase very video
village visit visual voice wait walk wall want warm wash watch water weather week well west wet
wheel why wide wife wind window winter wish woman wood word work world worry wow wrong yellow
yesterday young zebra zero
"""

LIKE = tuple(_LIKE.split())
"""Words that sound much like a keyword, none of them said alike: what it must be told from."""

OTHER = tuple(_OTHER.split())
"""Words of every day, the other ones of the Speech Commands among them."""

UNKNOWN = (*LIKE, *OTHER)
