{%- set target_roas = money("'" ~ var('target_roas') ~ "'") -%}
{%- set target_cpa = money("'" ~ var('target_cpa') ~ "'") -%}

with campaigns as (
    select
        *,
        {{ ratio('conversion_value', 'spend') }} as roas,
        {{ ratio('spend', 'conversions') }} as cpa
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
),

statuses as (
    select *
    from {{ ref('int_campaign_days') }}
    where {{ tenant_days() }}
)

select
    campaigns.tenant_id,
    campaigns.day,
    campaigns.day as date,
    campaigns.platform,
    campaigns.account_id,
    campaigns.account_name,
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.campaign_type,
    campaigns.spend,
    campaigns.impressions,
    campaigns.clicks,
    campaigns.conversions,
    campaigns.conversion_value,
    campaigns.currency,
    campaigns.roas,
    campaigns.cpa,
    {{ ratio('campaigns.clicks', 'campaigns.impressions') }} as ctr,
    statuses.is_active,
    statuses.is_backdated as is_status_backdated,
    case
        when campaigns.spend = 0 then null
        when campaigns.roas >= {{ target_roas }} and campaigns.cpa <= {{ target_cpa }} then 'good'
        when campaigns.roas >= {{ target_roas }} or campaigns.cpa <= {{ target_cpa }} then 'warning'
        else 'poor'
    end as performance_status,
    campaigns.is_final,
    campaigns.expected_conversions,
    campaigns.expected_conversions_low,
    campaigns.expected_conversions_high,
    campaigns.expected_conversion_value
from campaigns
left join statuses
    on
        campaigns.day = statuses.day
        and campaigns.platform = statuses.platform
        and campaigns.account_id = statuses.account_id
        and campaigns.campaign_id = statuses.campaign_id
