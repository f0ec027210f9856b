{{ union_platforms('shops', ['shopee', 'shopify'], {
    'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'shop_id': 'text', 'shop_name': 'text',
    'shop_url': 'text', 'is_active': 'flag', '_ingested_at': 'instant'
}) }}
