{{ config(meta={'dagster': {'ref': {'name': 'stg_meta_ads__ads_performance'}}}) }}

-- Spend and impressions that landed, against those that were staged.
with landed as (
    select
        day,
        sum(spend) as spend,
        sum(impressions) as impressions
    from {{ source('meta_ads', 'meta_ads_insights') }}
    where {{ tenant_days() }}
    group by day
),

staged as (
    select
        day,
        sum(spend) as spend,
        sum(impressions) as impressions
    from {{ ref('stg_meta_ads__ads_performance') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(landed.day, staged.day) as day,
    landed.spend as landed_spend,
    staged.spend as staged_spend,
    landed.impressions as landed_impressions,
    staged.impressions as staged_impressions
from landed
full outer join staged on landed.day = staged.day
where
    coalesce(landed.spend, 0) != coalesce(staged.spend, 0)
    or coalesce(landed.impressions, 0) != coalesce(staged.impressions, 0)
