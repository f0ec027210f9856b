{{ union_platforms('order_attribution', ['shopify'], {
    'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'shop_id': 'text', 'order_id': 'text',
    'ads_platform': 'text', 'campaign_id': 'text', '_ingested_at': 'instant'
}) }}
