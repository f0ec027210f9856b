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
    {{ money('sum(conversion_value_reporting)') }} as conversion_value,
    '{{ var("reporting_currency") }}' as currency
from {{ ref('ads_performance') }}
where {{ tenant_days() }}
group by tenant_id, day, platform, account_id, campaign_id
