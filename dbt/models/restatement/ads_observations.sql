{%- set metrics = ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'] -%}

with ads as (
    select *
    from {{ ref('ads_performance') }}
    where {{ tenant_days() }}
),

fetched as (
    select
        day,
        platform,
        account_id,
        max(_ingested_at) as observed_at
    from ads
    group by day, platform, account_id
),

campaigns as (
    select
        ads.tenant_id,
        ads.day,
        ads.platform,
        ads.account_id,
        ads.campaign_id,
        max(ads.currency) as currency,
        max(ads.account_time_zone) as time_zone,
        {{ money('sum(ads.spend)') }} as spend,
        cast(sum(ads.impressions) as {{ type_of('whole') }}) as impressions,
        cast(sum(ads.clicks) as {{ type_of('whole') }}) as clicks,
        {{ money('sum(coalesce(ads.conversions, 0))') }} as conversions,
        {{ money('sum(coalesce(ads.conversion_value, 0))') }} as conversion_value,
        max(fetched.observed_at) as observed_at
    from ads
    inner join fetched
        on
            ads.day = fetched.day
            and ads.platform = fetched.platform
            and ads.account_id = fetched.account_id
    group by ads.tenant_id, ads.day, ads.platform, ads.account_id, ads.campaign_id
),

{{ observed('campaigns', ['platform', 'account_id', 'campaign_id'], metrics, ['platform', 'account_id']) }}
