#!/bin/sh
# A few requests, so that their classes are in the archive.
u=http://127.0.0.1:${HTTP:-9210}; j='Content-Type: application/json'
curl -s -XPUT $u/warm -H "$j" -d '{"settings":{"index":{"number_of_shards":2,"number_of_replicas":0,"knn":true}},"mappings":{"properties":{"t":{"type":"text","analyzer":"whitespace"},"v":{"type":"knn_vector","dimension":2,"space_type":"innerproduct","method":{"name":"hnsw","engine":"lucene"}}}}}' >/dev/null
printf '{"index":{"_id":"1"}}\n{"t":"a b","v":[1,0]}\n{"index":{"_id":"2"}}\n{"t":"a c","v":[0,1]}\n' | curl -s -XPOST "$u/warm/_bulk?refresh=true" -H 'Content-Type: application/x-ndjson' --data-binary @- >/dev/null
curl -s "$u/warm/_search?search_type=dfs_query_then_fetch" -H "$j" -d '{"query":{"match":{"t":"a b"}}}' >/dev/null
curl -s "$u/warm/_search?search_type=dfs_query_then_fetch" -H "$j" -d '{"query":{"knn":{"v":{"vector":[1,0],"k":2}}}}' >/dev/null
curl -s "$u/warm/_search" -H "$j" -d '{"query":{"script_score":{"query":{"match_all":{}},"script":{"source":"knn_score","lang":"knn","params":{"field":"v","query_value":[1,0],"space_type":"innerproduct"}}}}}' >/dev/null
curl -s -XPOST "$u/warm/_search/point_in_time?keep_alive=1s" >/dev/null
curl -s -XPOST "$u/warm/_forcemerge?max_num_segments=1" >/dev/null
curl -s -XDELETE $u/warm >/dev/null
