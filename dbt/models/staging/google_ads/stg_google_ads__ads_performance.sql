with ads as (
    select
        tenant_id,
        day,
        account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        max(account_name) as account_name,
        max(time_zone) as account_time_zone,
        max(campaign_name) as campaign_name,
        max(ad_group_name) as ad_group_name,
        coalesce(max(nullif(ad_name, '')), ad_id) as ad_name,
        max(advertising_channel_type) as campaign_type,
        max(currency_code) as currency,
        max(_ingested_at) as _ingested_at,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(cost) as cost,
        sum(conversions) as conversions,
        sum(conversions_value) as conversions_value
    from {{ source('google_ads', 'google_ads_ad_performance') }}
    where {{ tenant_days() }}
    group by tenant_id, day, account_id, campaign_id, ad_group_id, ad_id
),

-- Campaigns less their ads: Performance Max has no ads, and what it spends must not be lost.
signed as (
    select
        tenant_id,
        day,
        account_id,
        campaign_id,
        account_name,
        time_zone as account_time_zone,
        campaign_name,
        advertising_channel_type as campaign_type,
        currency_code as currency,
        _ingested_at,
        impressions,
        clicks,
        cost,
        conversions,
        conversions_value
    from {{ source('google_ads', 'google_ads_campaign_performance') }}
    where {{ tenant_days() }}
    union all
    select
        tenant_id,
        day,
        account_id,
        campaign_id,
        account_name,
        account_time_zone,
        campaign_name,
        campaign_type,
        currency,
        _ingested_at,
        -impressions as impressions,
        -clicks as clicks,
        -cost as cost,
        -conversions as conversions,
        -conversions_value as conversions_value
    from ads
),

beyond_ads as (
    select
        tenant_id,
        day,
        account_id,
        campaign_id,
        max(account_name) as account_name,
        max(account_time_zone) as account_time_zone,
        max(campaign_name) as campaign_name,
        max(campaign_type) as campaign_type,
        max(currency) as currency,
        max(_ingested_at) as _ingested_at,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(cost) as cost,
        sum(conversions) as conversions,
        sum(conversions_value) as conversions_value
    from signed
    group by tenant_id, day, account_id, campaign_id
),

rows_of_both as (
    select
        tenant_id,
        day,
        account_id,
        account_name,
        account_time_zone,
        campaign_id,
        campaign_name,
        ad_group_id as adset_id,
        ad_group_name as adset_name,
        -- One ad can stand in several ad groups; Google itself names it so.
        concat(ad_group_id, '~', ad_id) as ad_id,
        ad_name,
        campaign_type,
        currency,
        _ingested_at,
        impressions,
        clicks,
        cost,
        conversions,
        conversions_value
    from ads
    union all
    select
        tenant_id,
        day,
        account_id,
        account_name,
        account_time_zone,
        campaign_id,
        campaign_name,
        concat('campaign:', campaign_id) as adset_id,
        campaign_name as adset_name,
        concat('campaign:', campaign_id) as ad_id,
        campaign_name as ad_name,
        campaign_type,
        currency,
        _ingested_at,
        impressions,
        clicks,
        cost,
        conversions,
        conversions_value
    from beyond_ads
    where impressions != 0 or clicks != 0 or cost != 0 or conversions != 0 or conversions_value != 0
)

select
    tenant_id,
    day,
    'google_ads' as platform,
    account_id,
    account_name,
    account_time_zone,
    campaign_id,
    campaign_name,
    adset_id,
    adset_name,
    ad_id,
    ad_name,
    campaign_type,
    cast(impressions as {{ type_of('whole') }}) as impressions,
    cast(clicks as {{ type_of('whole') }}) as clicks,
    cast(cost as {{ type_of('money') }}) as spend,
    cast(conversions as {{ type_of('money') }}) as conversions,
    cast(conversions_value as {{ type_of('money') }}) as conversion_value,
    -- Google tells none of these of an ad.
    cast(null as {{ type_of('whole') }}) as reach,
    cast(null as {{ type_of('money') }}) as video_views,
    cast(null as {{ type_of('money') }}) as engagement,
    currency,
    _ingested_at
from rows_of_both
