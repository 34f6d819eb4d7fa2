import org.apache.rocketmq.broker.BrokerStartup;
import org.apache.rocketmq.namesrv.NamesrvStartup;
import org.apache.rocketmq.proxy.ProxyStartup;

/**
 * The name server, the broker and the proxy in one process. Arguments: the files of their settings, the address of the name
 * server, and whether the proxy has the broker inside (local) or beside it (cluster).
 */
public class RocketMqMain {
  public static void main(String[] args) {
    String nameServer = args[0], broker = args[1], proxy = args[2], nameServerAddress = args[3], mode = args[4];
    NamesrvStartup.main(new String[] {"-c", nameServer});
    if (mode.equals("local")) ProxyStartup.main(new String[] {"-pm", mode, "-n", nameServerAddress, "-bc", broker, "-pc", proxy});
    else {
      BrokerStartup.main(new String[] {"-n", nameServerAddress, "-c", broker});
      ProxyStartup.main(new String[] {"-pm", mode, "-n", nameServerAddress, "-pc", proxy});
    }
  }
}
