"""Words of the shops: how a source description becomes a listing's category, brand and name."""

CATEGORIES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("BAG", "Bags & Storage", "กระเป๋า 👜", ("BAG", "SHOPPER", "BASKET", "STORAGE", "TRUNK", "SUITCASE")),
    ("SEA", "Seasonal", "คริสต์มาส 🎄", ("CHRISTMAS", "EASTER", "ADVENT", "SANTA", "XMAS", "SNOW")),
    ("LGT", "Lighting & Candles", "โคมไฟ 🕯️", ("LIGHT", "LANTERN", "CANDLE", "LAMP", "T-LIGHTS", "LIGHTS")),
    ("KIT", "Kitchen", "เครื่องครัว 🍰", ("CAKE", "TIN", "TINS", "JAM", "BAKING", "APRON", "RECIPE", "KITCHEN")),
    ("TAB", "Tableware", "ถ้วยชาม ☕", ("MUG", "CUP", "TEACUP", "BOWL", "PLATE", "TEA", "BOTTLE", "NAPKINS")),
    ("PAR", "Party", "ปาร์ตี้ 🎉", ("PARTY", "BUNTING", "GARLAND", "BALLOON", "CASES", "STRAWS", "PAPER")),
    ("STA", "Stationery", "เครื่องเขียน", ("CARD", "NOTEBOOK", "PENCIL", "PENCILS", "WRAP", "TAPE", "BOOK")),
    ("CLK", "Clocks", "นาฬิกา ⏰", ("CLOCK", "ALARM")),
    (
        "TOY",
        "Toys & Kids",
        "ของเล่น 🧸",
        ("TOY", "DOLLY", "GAME", "PUZZLE", "CHILDRENS", "SPACEBOY", "RABBIT"),
    ),
    ("GAR", "Garden", "สวน 🌿", ("GARDEN", "PLANT", "BIRD", "HERB", "PARASOL", "FLOWER")),
    ("DEC", "Home Décor", "ตกแต่งบ้าน", ()),
)

BRANDS = ("Retrospot", "Maison Lilou", "Baan Suan", "Hearth & Co", "Kinnaree", "Paper Lantern", "No Brand")

TITLE_ENDINGS = {"TH": "พร้อมส่ง", "SG": "Ready Stock", "US": ""}

COLOURS = frozenset({"RED", "BLUE", "PINK", "GREEN", "WHITE", "BLACK", "IVORY", "CREAM"})
SIZES = frozenset({"SET", "PACK", "BOX", "SMALL", "LARGE", "MEDIUM", "PAIR", "BAG", "ROLL"})
STYLES = frozenset(
    {"ANTIQUE", "VINTAGE", "NATURAL", "WOODEN", "METAL", "HEART", "RETRO", "TRADITIONAL", "ASSORTED"}
)
FAMILY_BREAKERS = COLOURS | SIZES | STYLES
"""First words that name no common product, so that descriptions beginning with them are no variants."""


def category(description: str) -> tuple[str, str, str]:
    """``(code, English name, Thai word)``."""
    words = set(description.split())
    for code, name, thai, keywords in CATEGORIES:
        if not keywords or words & set(keywords):
            return code, name, thai
    raise AssertionError("the last category takes everything")


def title(description: str) -> str:
    return " ".join(word.capitalize() for word in description.split())


def listing_name(name: str, region: str, thai: str) -> str:
    """The item's name on the marketplace: Thai shops put the Thai word first."""
    ending = TITLE_ENDINGS[region]
    return f"{thai} {name} {ending}" if region == "TH" else f"{name} 🎁 {ending}".rstrip()


def family(description: str) -> str | None:
    """What variants of one product have in common, or None where the description stands alone."""
    first, second = description.split()[:2]
    if first in FAMILY_BREAKERS or not first.isalpha() or second in {"OF", "AND"}:
        return None
    return f"{first} {second}"
