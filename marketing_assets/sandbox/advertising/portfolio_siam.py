"""What siam advertises, in Thai and English. Money is in THB."""

from datetime import date

from marketing_assets.sandbox.advertising.plan import AdPlan, AdSetPlan, CampaignPlan, Curve, Portfolio

SIAM = Portfolio(
    tenant="siam",
    opened=date(2020, 1, 1),
    weekend=1.15,
    campaigns=(
        CampaignPlan(
            name="ยอดขาย | Sales – Catalogue 🛒",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=1240,
            cpm=92,
            ctr=0.021,
            curve=Curve(most=0.16, half=1120, shape=1.2, carry=0.35),
            bias=1.15,
            organic=0.01,
            adsets=(
                AdSetPlan(
                    "กรุงเทพฯ 25-44",
                    weight=1.6,
                    ads=(
                        AdPlan("ภาพเลื่อน | Carousel ของแต่งบ้าน 🏠", 1.4),
                        AdPlan("โปรส่งฟรี 🚚 {period}", 1.0, every="quarter", ends_as="DELETED"),
                        AdPlan("รีวิวลูกค้า ⭐⭐⭐⭐⭐", 0.8),
                    ),
                ),
                AdSetPlan(
                    "ต่างจังหวัด",
                    ads=(
                        AdPlan("คอลเลกชันใหม่ ✨", 1.2),
                        AdPlan("Bundle ลด 20%", 0.9, every="half", ends_as="ARCHIVED"),
                        AdPlan("เก็บตก | Leftovers", trickle=True),
                    ),
                ),
            ),
        ),
        CampaignPlan(
            name="รีทาร์เก็ต | Retargeting 🎯",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=480,
            cpm=140,
            ctr=0.034,
            curve=Curve(most=0.04, half=280, shape=1.0, carry=0.15),
            bias=2.4,
            organic=0.03,
            adsets=(
                AdSetPlan(
                    "เพิ่มลงตะกร้า 14 วัน",
                    weight=1.3,
                    ads=(
                        AdPlan("ตะกร้ารออยู่นะ 🛍️", 1.3),
                        AdPlan("โค้ดลดพิเศษ 💸", 1.0),
                    ),
                ),
                AdSetPlan(
                    "เคยซื้อ 180 วัน {period}",
                    weight=0.7,
                    every="quarter",
                    ends_as="DELETED",
                    ads=(
                        AdPlan("กลับมาช้อป 💚"),
                        AdPlan("สมาชิก VIP", 0.6),
                    ),
                ),
            ),
        ),
        CampaignPlan(
            name="หาลูกค้าใหม่ | Prospecting LAL 1-3%",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=860,
            cpm=74,
            ctr=0.016,
            curve=Curve(most=0.14, half=1560, shape=1.5, carry=0.5),
            bias=0.8,
            budget_at="campaign",
            adsets=(
                AdSetPlan(
                    "LAL 1% ผู้ซื้อ",
                    weight=1.2,
                    ads=(
                        AdPlan("วิดีโอแนะนำแบรนด์ 🎬", 1.1),
                        AdPlan("UGC {period}", every="quarter", ends_as="DELETED"),
                        AdPlan("ภาพนิ่ง A/B – {period}", 0.5, every="half"),
                    ),
                ),
                AdSetPlan("ความสนใจ: แต่งบ้าน", ads=(AdPlan("ก่อน/หลัง"), AdPlan("ห้องนั่งเล่น 🛋️"))),
                AdSetPlan(
                    "Broad {period}",
                    weight=0.6,
                    every="half",
                    ends_as="ARCHIVED",
                    ads=(AdPlan("Advantage+ creative"), AdPlan("Advantage+ copy 2", 0.7)),
                ),
            ),
        ),
        CampaignPlan(
            name="การรับรู้ | Awareness TH",
            objective="OUTCOME_AWARENESS",
            goal="REACH",
            daily=300,
            cpm=28,
            ctr=0.004,
            curve=Curve(most=0.05, half=520, shape=1.1, carry=0.75),
            bias=0.25,
            video_share=0.3,
            adsets=(
                AdSetPlan("ทั่วประเทศ 18-54", ads=(AdPlan("โลโก้ 6 วินาที"), AdPlan("เรื่องของเรา 🧡"))),
                AdSetPlan(
                    "เชียงใหม่ + ภูเก็ต",
                    weight=0.4,
                    ads=(AdPlan("ร้านใหม่ใกล้คุณ"), AdPlan("ป้าย {period}", every="quarter", ends_as="DELETED")),
                ),
            ),
        ),
        CampaignPlan(
            name="วิดีโอ | Reels & Stories 📱",
            objective="OUTCOME_TRAFFIC",
            goal="LANDING_PAGE_VIEWS",
            daily=380,
            cpm=46,
            ctr=0.028,
            curve=Curve(most=0.05, half=480, shape=1.3, carry=0.4),
            bias=0.6,
            video_share=0.55,
            adsets=(
                AdSetPlan(
                    "Reels",
                    weight=1.5,
                    ads=(
                        AdPlan("แต่งห้องใน 30 วิ ⏱️"),
                        AdPlan("Creator {period}", 1.2, every="quarter", ends_as="ARCHIVED"),
                    ),
                ),
                AdSetPlan(
                    "Stories",
                    ads=(AdPlan("โพลล์ 🗳️", 0.8), AdPlan("ปัดขึ้น"), AdPlan("ทดสอบ | test spill", trickle=True)),
                ),
            ),
        ),
        CampaignPlan(
            name="Double Day {period} 🔥 ลดแรง",
            objective="OUTCOME_SALES",
            goal="OFFSITE_CONVERSIONS",
            daily=1500,
            cpm=118,
            ctr=0.026,
            curve=Curve(most=0.12, half=1600, shape=1.4, carry=0.3),
            bias=1.3,
            organic=0.02,
            budget_at="lifetime",
            every="double_day",
            ends_as="ARCHIVED",
            adsets=(
                AdSetPlan("ลูกค้าทั้งหมด", ads=(AdPlan("นับถอยหลัง ⏳"), AdPlan("โค้ดเที่ยงคืน 🌙", 1.3))),
                AdSetPlan("LAL 3%", weight=0.6, ads=(AdPlan("ลดสูงสุด 70%"), AdPlan("Flash sale ⚡"))),
            ),
        ),
        CampaignPlan(
            name="(ร่าง) LINE OA – อย่าเพิ่งเปิด",
            objective="OUTCOME_ENGAGEMENT",
            goal="CONVERSATIONS",
            daily=160,
            cpm=60,
            ctr=0.01,
            curve=Curve(most=0.02, half=180, shape=1.0, carry=0.2),
            launched=False,
            adsets=(
                AdSetPlan("แชท", ads=(AdPlan("ทักเลย 💬"), AdPlan("สอบถามราคา"))),
                AdSetPlan("เพื่อน LINE", ads=(AdPlan("เพิ่มเพื่อน"), AdPlan("คูปองเพื่อนใหม่"))),
            ),
        ),
    ),
)
