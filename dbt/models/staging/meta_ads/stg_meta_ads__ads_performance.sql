{%- set purchase = ['omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase'] -%}

select
    insights.tenant_id,
    insights.day,
    'meta_ads' as platform,
    insights.account_id,
    insights.account_name,
    insights.account_time_zone,
    insights.campaign_id,
    insights.campaign_name,
    insights.adset_id,
    insights.adset_name,
    insights.ad_id,
    insights.ad_name,
    insights.objective as campaign_type,
    insights.impressions,
    -- Link clicks: what other platforms call a click. Meta leaves the field out where there were none.
    coalesce(insights.inline_link_clicks, 0) as clicks,
    insights.spend,
    coalesce({{ action_value('insights.actions', purchase) }}, 0) as conversions,
    coalesce({{ action_value('insights.action_values', purchase) }}, 0) as conversion_value,
    coalesce(insights.reach, 0) as reach,
    coalesce({{ action_value('insights.actions', ['video_view']) }}, 0) as video_views,
    coalesce({{ action_value('insights.actions', ['post_engagement']) }}, 0) as engagement,
    insights.account_currency as currency,
    insights._ingested_at
from {{ source('meta_ads', 'meta_ads_insights') }} as insights
where {{ tenant_days('insights') }}
