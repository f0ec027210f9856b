"""What northwind advertises. Money is in USD."""

from datetime import date

from marketing_assets.sandbox.advertising.plan import AdPlan, AdSetPlan, CampaignPlan, Curve, Portfolio

NORTHWIND = Portfolio(
    tenant="northwind",
    opened=date(2020, 1, 1),
    weekend=0.9,
    campaigns=(
        CampaignPlan(
            name="Sales | Advantage+ Shopping",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=26.4,
            cpm=5.67,
            ctr=0.017,
            curve=Curve(most=0.135, half=24.7, shape=1.2, carry=0.35),
            bias=1.2,
            organic=0.01,
            budget_at="campaign",
            adsets=(
                AdSetPlan(
                    "US | Broad",
                    weight=1.5,
                    ads=(
                        AdPlan("Carousel – bestsellers", 1.4),
                        AdPlan("Free shipping {period}", every="quarter", ends_as="DELETED"),
                        AdPlan("Five-star reviews", 0.7),
                    ),
                ),
                AdSetPlan(
                    "US | 35-64",
                    ads=(
                        AdPlan("Teacups & tins"),
                        AdPlan("Gift guide {period}", 0.8, every="half", ends_as="ARCHIVED"),
                    ),
                ),
            ),
        ),
        CampaignPlan(
            name="Retargeting | 30 days",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=10.2,
            cpm=8.82,
            ctr=0.027,
            curve=Curve(most=0.03, half=6.0, shape=1.0, carry=0.15),
            bias=2.6,
            organic=0.035,
            adsets=(
                AdSetPlan(
                    "Cart abandoners 14d", weight=1.2, ads=(AdPlan("Still thinking?"), AdPlan("10% off", 0.8))
                ),
                AdSetPlan(
                    "Viewers 30d {period}",
                    weight=0.8,
                    every="quarter",
                    ends_as="DELETED",
                    ads=(AdPlan("Back in stock"), AdPlan("Dynamic product ad", 1.5)),
                ),
            ),
        ),
        CampaignPlan(
            name="Prospecting | Lookalikes",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=18.7,
            cpm=4.41,
            ctr=0.012,
            curve=Curve(most=0.112, half=34.9, shape=1.5, carry=0.5),
            bias=0.85,
            adsets=(
                AdSetPlan(
                    "LAL 1%",
                    weight=1.2,
                    ads=(
                        AdPlan("Brand film 15s"),
                        AdPlan("Static A {period}", 0.6, every="half"),
                        AdPlan("Creator {period}", every="quarter", ends_as="DELETED"),
                    ),
                ),
                AdSetPlan("LAL 5%", ads=(AdPlan("Stocking fillers"), AdPlan("Static B", 0.5))),
                AdSetPlan(
                    "Interest: home decor",
                    weight=0.7,
                    ads=(AdPlan("Gift finder quiz"), AdPlan("Spillover", trickle=True)),
                ),
            ),
        ),
        CampaignPlan(
            name="Awareness | Northeast",
            objective="OUTCOME_AWARENESS",
            goal="REACH",
            daily=6.8,
            cpm=1.76,
            ctr=0.003,
            curve=Curve(most=0.038, half=11.1, shape=1.1, carry=0.75),
            bias=0.25,
            video_share=0.3,
            adsets=(
                AdSetPlan("NY + MA", ads=(AdPlan("Six-second bumper"), AdPlan("Wrapped by hand", 0.8))),
                AdSetPlan(
                    "New England",
                    weight=0.5,
                    ads=(AdPlan("Storefront"), AdPlan("Poster {period}", every="quarter", ends_as="DELETED")),
                ),
            ),
        ),
        CampaignPlan(
            name="Video | Reels traffic",
            objective="OUTCOME_TRAFFIC",
            goal="LANDING_PAGE_VIEWS",
            daily=8.1,
            cpm=2.86,
            ctr=0.022,
            curve=Curve(most=0.038, half=10.2, shape=1.3, carry=0.4),
            bias=0.6,
            video_share=0.55,
            adsets=(
                AdSetPlan(
                    "Reels 18-34",
                    weight=1.4,
                    ads=(AdPlan("Unboxing"), AdPlan("UGC {period}", every="quarter", ends_as="ARCHIVED")),
                ),
                AdSetPlan(
                    "Stories",
                    ads=(
                        AdPlan("Poll"),
                        AdPlan("Swipe up", 0.7),
                        AdPlan("Test ad (do not use)", trickle=True),
                    ),
                ),
            ),
        ),
        CampaignPlan(
            name="Seasonal push {period}",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=6.0,
            cpm=6.3,
            ctr=0.018,
            curve=Curve(most=0.038, half=7.2, shape=1.3, carry=0.3),
            bias=1.2,
            every="quarter",
            ends_as="DELETED",
            adsets=(
                AdSetPlan("Past buyers", ads=(AdPlan("Season preview"), AdPlan("Early access", 0.8))),
                AdSetPlan("Email list", weight=0.6, ads=(AdPlan("Members first"), AdPlan("Last chance"))),
            ),
        ),
        CampaignPlan(
            name="[draft] Leads – wholesale",
            objective="OUTCOME_LEADS",
            goal="LEAD_GENERATION",
            daily=3.4,
            cpm=7.56,
            ctr=0.01,
            curve=Curve(most=0.015, half=3.8, shape=1.0, carry=0.2),
            launched=False,
            adsets=(
                AdSetPlan("Retail buyers", ads=(AdPlan("Line sheet"), AdPlan("Trade show"))),
                AdSetPlan("Job titles", ads=(AdPlan("Become a stockist"), AdPlan("Terms"))),
            ),
        ),
    ),
)
