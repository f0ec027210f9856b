{%- set purchase = ['omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase'] -%}

select
    tenant_id,
    day,
    'meta_ads' as platform,
    account_id,
    account_name,
    account_time_zone,
    campaign_id,
    campaign_name,
    adset_id,
    adset_name,
    ad_id,
    ad_name,
    objective as campaign_type,
    impressions,
    -- Link clicks: what other platforms call a click. Meta leaves the field out where there were none.
    coalesce(inline_link_clicks, 0) as clicks,
    spend,
    coalesce({{ action_value('actions', purchase) }}, 0) as conversions,
    coalesce({{ action_value('action_values', purchase) }}, 0) as conversion_value,
    coalesce(reach, 0) as reach,
    coalesce({{ action_value('actions', ['video_view']) }}, 0) as video_views,
    coalesce({{ action_value('actions', ['post_engagement']) }}, 0) as engagement,
    account_currency as currency,
    _ingested_at
from {{ source('meta_ads', 'meta_ads_insights') }}
where {{ tenant_days() }}
