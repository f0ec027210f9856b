{%- set reporting_currency = var('reporting_currency') -%}

with ads as (
    {{ union_platforms('ads_performance', ['meta_ads', 'google_ads'], {
        'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'account_id': 'text',
        'account_name': 'text', 'account_time_zone': 'text', 'campaign_id': 'text',
        'campaign_name': 'text', 'adset_id': 'text', 'adset_name': 'text', 'ad_id': 'text',
        'ad_name': 'text', 'campaign_type': 'text', 'impressions': 'whole', 'clicks': 'whole',
        'spend': 'money', 'conversions': 'money', 'conversion_value': 'money', 'reach': 'whole',
        'video_views': 'money', 'engagement': 'money', 'currency': 'text', '_ingested_at': 'instant'
    }) | indent(4) }}
),

rates as (
    select *
    from {{ ref('fx_rates') }}
    where {{ tenant_days() }}
),

converted as (
    select
        ads.*,
        {{ convert('ads.spend', 'ads.currency', "'THB'", 'rates.rate', 'rates.thb_rate') }} as spend_thb,
        {{ convert(
            'ads.spend', 'ads.currency', "'" ~ reporting_currency ~ "'", 'rates.rate', 'rates.reporting_rate'
        ) }} as spend_reporting,
        {{ convert('ads.conversion_value', 'ads.currency', "'THB'", 'rates.rate', 'rates.thb_rate') }}
            as conversion_value_thb,
        {{ convert(
            'ads.conversion_value', 'ads.currency', "'" ~ reporting_currency ~ "'", 'rates.rate',
            'rates.reporting_rate'
        ) }} as conversion_value_reporting,
        case
            when ads.currency = '{{ reporting_currency }}' then {{ money('1') }}
            else rates.fx_rate
        end as fx_rate,
        case
            when ads.currency = '{{ reporting_currency }}' then ads.day
            else rates.fx_rate_date
        end as fx_rate_date
    from ads
    left join rates
        on ads.day = rates.day and ads.currency = rates.currency
)

select
    tenant_id,
    day,
    day as date,
    platform,
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
    impressions,
    clicks,
    spend,
    spend_thb,
    spend_reporting,
    conversions,
    conversion_value,
    conversion_value_thb,
    conversion_value_reporting,
    reach,
    video_views,
    engagement,
    currency,
    '{{ reporting_currency }}' as reporting_currency,
    fx_rate,
    fx_rate_date,
    spend_thb is null or spend_reporting is null as is_fx_missing,
    _ingested_at
from converted
