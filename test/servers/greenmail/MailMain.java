import com.icegreen.greenmail.configuration.GreenMailConfiguration;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;

/** java -cp 'lib/*' MailMain.java SMTP_PORT IMAP_PORT: mailboxes of lab and archive, both with the password secret. */
public class MailMain {
  public static void main(String[] ports) throws Exception {
    ServerSetup[] setups = {
      new ServerSetup(Integer.parseInt(ports[0]), "127.0.0.1", "smtp"),
      new ServerSetup(Integer.parseInt(ports[1]), "127.0.0.1", "imap"),
    };
    GreenMail mail = new GreenMail(setups);
    mail.withConfiguration(
        GreenMailConfiguration.aConfig()
            .withUser("lab@hospital.cn", "lab", "secret")
            .withUser("archive@hospital.cn", "archive", "secret"));
    mail.start();
    System.out.println("READY");
    Thread.currentThread().join();
  }
}
