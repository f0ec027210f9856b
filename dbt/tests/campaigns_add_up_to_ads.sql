{{ config(meta={'dagster': {'ref': {'name': 'campaign_performance'}}}) }}

-- Campaigns against ads: no campaign is lost and none counts twice.
with ads as (
    select
        day,
        sum(impressions) as impressions,
        sum(spend_reporting) as spend,
        sum(conversion_value_reporting) as conversion_value
    from {{ ref('ads_performance') }}
    where {{ tenant_days() }}
    group by day
),

campaigns as (
    select
        day,
        sum(impressions) as impressions,
        sum(spend) as spend,
        sum(conversion_value) as conversion_value
    from {{ ref('campaign_performance') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(ads.day, campaigns.day) as day,
    ads.spend,
    campaigns.spend as campaign_spend,
    ads.conversion_value,
    campaigns.conversion_value as campaign_conversion_value
from ads
full outer join campaigns on ads.day = campaigns.day
where
    coalesce(ads.impressions, 0) != coalesce(campaigns.impressions, 0)
    or abs(coalesce(ads.spend, 0) - coalesce(campaigns.spend, 0)) > 0.01
    or abs(coalesce(ads.conversion_value, 0) - coalesce(campaigns.conversion_value, 0)) > 0.01
