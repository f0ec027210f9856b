{{ config(meta={'dagster': {'ref': {'name': 'ads_channel_performance'}}}) }}

-- Accounts against ads: no spend is lost or counts twice, and no account's is another's.
with ads as (
    select
        day,
        platform,
        account_id,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(spend_reporting) as spend,
        sum(conversion_value_reporting) as conversion_value
    from {{ ref('ads_performance') }}
    where {{ tenant_days() }}
    group by day, platform, account_id
),

channels as (
    select *
    from {{ ref('ads_channel_performance') }}
    where {{ tenant_days() }}
)

select
    coalesce(ads.day, channels.day) as day,
    coalesce(ads.platform, channels.platform) as platform,
    coalesce(ads.account_id, channels.account_id) as account_id,
    ads.spend,
    channels.spend as channel_spend
from ads
full outer join channels
    on
        ads.day = channels.day
        and ads.platform = channels.platform
        and ads.account_id = channels.account_id
where
    channels.day is null
    or coalesce(ads.impressions, 0) != channels.impressions
    or coalesce(ads.clicks, 0) != channels.clicks
    or coalesce(ads.spend, 0) != channels.spend
    or coalesce(ads.conversion_value, 0) != channels.conversion_value
