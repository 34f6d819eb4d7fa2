import org.apache.rocketmq.namesrv.NamesrvStartup;
import org.apache.rocketmq.proxy.ProxyStartup;

/** The name server, and the proxy with the broker inside, in one process. Arguments: the files of their settings. */
public class RocketMqMain {
  public static void main(String[] args) {
    String nameServer = args[0], broker = args[1], proxy = args[2], nameServerAddress = args[3];
    NamesrvStartup.main(new String[] {"-c", nameServer});
    ProxyStartup.main(new String[] {"-pm", "local", "-n", nameServerAddress, "-bc", broker, "-pc", proxy});
  }
}
