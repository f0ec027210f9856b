{{ config(meta={'dagster': {'ref': {'name': 'stg_google_ads__ads_performance'}}}) }}

-- Campaigns, which add up to the account, against staging: no spend is lost, and none counts twice.
with landed as (
    select
        day,
        sum(cost) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(conversions_value) as conversion_value
    from {{ source('google_ads', 'google_ads_campaign_performance') }}
    where {{ tenant_days() }}
    group by day
),

staged as (
    select
        day,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value
    from {{ ref('stg_google_ads__ads_performance') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(landed.day, staged.day) as day,
    landed.spend as landed_spend,
    staged.spend as staged_spend,
    landed.conversions as landed_conversions,
    staged.conversions as staged_conversions
from landed
full outer join staged on landed.day = staged.day
where
    coalesce(landed.spend, 0) != coalesce(staged.spend, 0)
    or coalesce(landed.impressions, 0) != coalesce(staged.impressions, 0)
    or coalesce(landed.clicks, 0) != coalesce(staged.clicks, 0)
    or coalesce(landed.conversions, 0) != coalesce(staged.conversions, 0)
    or coalesce(landed.conversion_value, 0) != coalesce(staged.conversion_value, 0)
