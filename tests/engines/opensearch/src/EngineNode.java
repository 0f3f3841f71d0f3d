import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.knn.plugin.KNNPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node on loopback: EngineNode HOME INDEX COUNT HTTP_BASE TRANSPORT_BASE */
public final class EngineNode extends Node {
    private EngineNode(Settings settings, Path config) {
        super(
            InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), config, () -> "node"),
            List.of(Netty4Plugin.class, CommonAnalysisPlugin.class, PainlessPlugin.class, KNNPlugin.class),
            false
        );
    }

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]).toAbsolutePath();
        int me = Integer.parseInt(args[1]), count = Integer.parseInt(args[2]);
        int http = Integer.parseInt(args[3]), transport = Integer.parseInt(args[4]);
        Files.createDirectories(home.resolve("config"));
        String[] seeds = new String[count], names = new String[count];
        for (int i = 0; i < count; i++) {
            seeds[i] = "127.0.0.1:" + (transport + i);
            names[i] = "n" + i;
        }
        Settings settings = Settings.builder()
            .put("cluster.name", "trommel-tests")
            .put("node.name", "n" + me)
            .put("path.home", home.toString())
            .put("network.host", "127.0.0.1")
            .put("http.port", http + me)
            .put("transport.port", transport + me)
            .putList("discovery.seed_hosts", seeds)
            .putList("cluster.initial_cluster_manager_nodes", names)
            .put("node.processors", 1)
            .put("action.auto_create_index", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        EngineNode node = new EngineNode(settings, home.resolve("config"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try { node.close(); } catch (Exception e) { e.printStackTrace(); }
        }));
        node.start();
        System.out.println("started n" + me);
        new CountDownLatch(1).await();
    }
}
