import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.ServerVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;

/** Usage: ServeMongo PORT. Listens on 127.0.0.1; SIGTERM ends it. */
public class ServeMongo {
  public static void main(String[] args) throws Exception {
    MemoryBackend backend = new NewerBackend();
    backend.version(ServerVersion.MONGO_5_0);
    MongoServer server = new MongoServer(backend);
    server.bind("127.0.0.1", Integer.parseInt(args[0]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    Thread.currentThread().join();
  }

  /** It says wire version 8, and the driver wants 9 and more: the answer to hello is raised to that of MongoDB 5. */
  private static class NewerBackend extends MemoryBackend {
    @Override
    public Document handleMessage(MongoMessage message) {
      return raised(super.handleMessage(message));
    }

    @Override
    public Document handleCommand(Channel channel, String database, String command, Document query) {
      return raised(super.handleCommand(channel, database, command, query));
    }

    private static Document raised(Document answer) {
      if (answer != null && answer.containsKey("maxWireVersion")) {
        answer.put("maxWireVersion", 13);
        answer.putIfAbsent("logicalSessionTimeoutMinutes", 30);
      }
      return answer;
    }
  }
}
