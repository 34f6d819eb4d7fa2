import java.util.List;
import java.util.Map;
import org.apache.activemq.broker.BrokerPlugin;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.security.AuthenticationUser;
import org.apache.activemq.security.SimpleAuthenticationPlugin;

/** java -cp 'lib/*' ActiveMqMain.java FOLDER AMQP_PORT STOMP_PORT OPENWIRE_PORT: the user is lab, the password lab-secret. */
public class ActiveMqMain {
  public static void main(String[] args) throws Exception {
    BrokerService broker = new BrokerService();
    broker.setBrokerName("lab");
    broker.setDataDirectory(args[0]);
    broker.setUseJmx(false);
    broker.setSchedulerSupport(false);
    broker.getSystemUsage().getStoreUsage().setLimit(2L << 30);
    broker.getSystemUsage().getTempUsage().setLimit(1L << 28);
    SimpleAuthenticationPlugin login = new SimpleAuthenticationPlugin(List.of(new AuthenticationUser("lab", "lab-secret", "users")));
    broker.setPlugins(new BrokerPlugin[] {login});
    broker.addConnector("amqp://127.0.0.1:" + args[1] + "?transport.transformer=jms");
    broker.addConnector("stomp://127.0.0.1:" + args[2]);
    broker.addConnector("tcp://127.0.0.1:" + args[3]);
    broker.start();
    broker.waitUntilStarted();
    broker.waitUntilStopped();
  }
}
