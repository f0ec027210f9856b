{{ config(meta={'dagster': {'ref': {'name': 'ads_observations'}}}) }}

-- What was observed with the fetch that ads_performance rests on is what it says; where it says nothing of an
-- ad account's day, the newest observation does neither.
with ads as (
    select
        day,
        platform,
        account_id,
        max(_ingested_at) as observed_at,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(conversions) as conversions
    from {{ ref('ads_performance') }}
    where {{ tenant_days() }}
    group by day, platform, account_id
),

observed as (
    select
        day,
        platform,
        account_id,
        observed_at,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(conversions) as conversions,
        row_number() over (partition by day, platform, account_id order by observed_at desc) as place
    from {{ ref('ads_observations') }}
    where {{ tenant_days() }}
    group by day, platform, account_id, observed_at
)

select
    coalesce(ads.day, observed.day) as day,
    coalesce(ads.account_id, observed.account_id) as account_id,
    ads.spend,
    observed.spend as observed_spend
from ads
full outer join observed
    on
        ads.day = observed.day
        and ads.platform = observed.platform
        and ads.account_id = observed.account_id
        and ads.observed_at = observed.observed_at
left join ads as told
    on
        observed.day = told.day
        and observed.platform = told.platform
        and observed.account_id = told.account_id
where
    (ads.day is not null or (observed.place = 1 and told.day is null))
    and (
        coalesce(ads.spend, 0) != coalesce(observed.spend, 0)
        or coalesce(ads.impressions, 0) != coalesce(observed.impressions, 0)
        or coalesce(ads.conversions, 0) != coalesce(observed.conversions, 0)
    )
