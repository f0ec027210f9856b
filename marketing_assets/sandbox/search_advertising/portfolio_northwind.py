"""What northwind advertises on Google. Money is in USD."""

from datetime import date

from marketing_assets.sandbox.advertising.plan import Curve
from marketing_assets.sandbox.search_advertising.plan import (
    AdGroupPlan,
    AdPlan,
    CampaignPlan,
    KeywordPlan,
    Portfolio,
)

NORTHWIND = Portfolio(
    tenant="northwind",
    opened=date(2022, 1, 1),
    weekend=0.85,
    campaigns=(
        CampaignPlan(
            name="Search | Brand",
            channel="SEARCH",
            daily=5.2,
            cpc=0.34,
            ctr=0.21,
            curve=Curve(most=0.012, half=4.0, shape=1.0, carry=0.05),
            bidding="TARGET_SPEND",
            bias=3.4,
            organic=0.035,
            ad_groups=(
                AdGroupPlan(
                    "Northwind",
                    ads=(AdPlan(weight=1.2), AdPlan(weight=0.9)),
                    keywords=(
                        KeywordPlan("northwind gifts", "EXACT", 2.0),
                        KeywordPlan("northwind store", "PHRASE", 0.7),
                    ),
                    terms=(
                        "northwind gifts",
                        "northwind gift shop",
                        "north wind gifts",
                        "northwind promo code",
                    ),
                ),
            ),
        ),
        CampaignPlan(
            name="Search | Gifts",
            channel="SEARCH",
            daily=16.5,
            cpc=0.92,
            ctr=0.047,
            curve=Curve(most=0.072, half=17.5, shape=1.3, carry=0.25),
            bidding="MAXIMIZE_CONVERSIONS",
            target_cpa=9.5,
            bias=1.15,
            organic=0.005,
            ad_groups=(
                AdGroupPlan(
                    "Tea time",
                    weight=1.2,
                    ads=(AdPlan(), AdPlan(weight=0.8), AdPlan(weight=0.6, every="quarter")),
                    keywords=(
                        KeywordPlan("vintage tea set", "PHRASE", 1.4),
                        KeywordPlan("tea gifts", "BROAD", 1.0),
                        KeywordPlan("teacup", "EXACT", 0.4, paused=True),
                    ),
                    terms=("vintage tea set", "tea gifts for mom", "teacup gift box", "afternoon tea set"),
                ),
                AdGroupPlan(
                    "Party",
                    ads=(AdPlan(), AdPlan(weight=0.7)),
                    keywords=(KeywordPlan("party bunting"), KeywordPlan("paper lanterns", "BROAD", 0.9)),
                    terms=("party bunting", "birthday bunting", "paper lanterns wedding"),
                ),
            ),
        ),
        CampaignPlan(
            name="Shopping | All products",
            channel="SHOPPING",
            daily=13.8,
            cpc=0.61,
            ctr=0.012,
            curve=Curve(most=0.064, half=14.8, shape=1.2, carry=0.2),
            bidding="TARGET_ROAS",
            target_roas=3.8,
            bias=1.25,
            organic=0.01,
            ad_groups=(
                AdGroupPlan(
                    "Bestsellers",
                    weight=1.6,
                    ads=(AdPlan("SHOPPING_PRODUCT_AD"),),
                    terms=("cake tins", "heart ornament", "lunch bag retro"),
                ),
                AdGroupPlan(
                    "Long tail", ads=(AdPlan("SHOPPING_PRODUCT_AD"),), terms=("doormat", "alarm clock")
                ),
            ),
        ),
        CampaignPlan(
            name="PMax | Everything",
            channel="PERFORMANCE_MAX",
            daily=21.0,
            cpc=0.74,
            ctr=0.0105,
            curve=Curve(most=0.09, half=23.0, shape=1.3, carry=0.35),
            bidding="MAXIMIZE_CONVERSION_VALUE",
            target_roas=4.5,
            bias=1.7,
            organic=0.03,
        ),
        CampaignPlan(
            name="PMax | Seasonal {period}",
            channel="PERFORMANCE_MAX",
            daily=7.5,
            cpc=0.8,
            ctr=0.012,
            curve=Curve(most=0.03, half=8.5, shape=1.3, carry=0.3),
            bidding="MAXIMIZE_CONVERSION_VALUE",
            bias=1.3,
            organic=0.01,
            every="quarter",
        ),
        CampaignPlan(
            name="[draft] Search | Wholesale",
            channel="SEARCH",
            daily=4.0,
            cpc=2.1,
            ctr=0.03,
            curve=Curve(most=0.01, half=4.5, shape=1.0, carry=0.2),
            bidding="MANUAL_CPC",
            launched=False,
            ad_groups=(
                AdGroupPlan("Stockists", ads=(AdPlan(),), keywords=(KeywordPlan("wholesale gifts"),)),
            ),
        ),
    ),
)
