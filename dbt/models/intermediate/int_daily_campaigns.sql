with campaigns as (
    select
        tenant_id,
        day,
        platform,
        account_id,
        campaign_id,
        -- A name is a property of the campaign; where rows of a day disagree, one of them is as good.
        max(account_name) as account_name,
        max(campaign_name) as campaign_name,
        max(campaign_type) as campaign_type,
        {{ money('sum(spend_reporting)') }} as spend,
        cast(sum(impressions) as {{ type_of('whole') }}) as impressions,
        cast(sum(clicks) as {{ type_of('whole') }}) as clicks,
        {{ money('sum(conversions)') }} as conversions,
        {{ money('sum(conversion_value_reporting)') }} as conversion_value
    from {{ ref('ads_performance') }}
    where {{ tenant_days() }}
    group by tenant_id, day, platform, account_id, campaign_id
),

expectations as (
    {{ newest_expectations(ref('ads_expected_finals')) | indent(4) }}
)

-- What is expected of an account is expected of each of its campaigns, in proportion.
select
    campaigns.tenant_id,
    campaigns.day,
    campaigns.platform,
    campaigns.account_id,
    campaigns.campaign_id,
    campaigns.account_name,
    campaigns.campaign_name,
    campaigns.campaign_type,
    campaigns.spend,
    campaigns.impressions,
    campaigns.clicks,
    campaigns.conversions,
    campaigns.conversion_value,
    '{{ var("reporting_currency") }}' as currency,
    coalesce(purchases.is_final, false) as is_final,
    {{ multiply_divide('campaigns.conversions', 'purchases.growth', '1') }} as expected_conversions,
    {{ multiply_divide('campaigns.conversions', 'purchases.growth_low', '1') }} as expected_conversions_low,
    {{ multiply_divide('campaigns.conversions', 'purchases.growth_high', '1') }} as expected_conversions_high,
    {{ multiply_divide('campaigns.conversion_value', 'worth.growth', '1') }} as expected_conversion_value
from campaigns
left join expectations as purchases
    on
        campaigns.day = purchases.day
        and campaigns.platform = purchases.platform
        and campaigns.account_id = purchases.account_id
        and purchases.metric = 'conversions'
left join expectations as worth
    on
        campaigns.day = worth.day
        and campaigns.platform = worth.platform
        and campaigns.account_id = worth.account_id
        and worth.metric = 'conversion_value'
